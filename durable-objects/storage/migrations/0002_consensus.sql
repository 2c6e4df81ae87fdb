CREATE TABLE `raft_entries` (
	`group_id` text NOT NULL,
	`entry_index` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`group_id`, `entry_index`)
);
--> statement-breakpoint
CREATE TABLE `raft_snapshots` (
	`group_id` text NOT NULL,
	`part` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`group_id`, `part`)
);
--> statement-breakpoint
CREATE TABLE `raft_votes` (
	`group_id` text PRIMARY KEY NOT NULL,
	`lineage` integer NOT NULL,
	`term` integer NOT NULL,
	`voted_for` text
);
--> statement-breakpoint
ALTER TABLE `identity` ADD `replica` integer DEFAULT 0 NOT NULL;