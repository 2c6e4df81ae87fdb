CREATE TABLE `identity` (
	`id` integer PRIMARY KEY NOT NULL,
	`incarnation` integer NOT NULL,
	`seq_ceiling` integer NOT NULL,
	`first_started_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `peers` (
	`hub_id` text PRIMARY KEY NOT NULL,
	`identity` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `records` (
	`key` text PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `used_tokens` (
	`jti` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
