CREATE TABLE `outcomes` (
	`key` text PRIMARY KEY NOT NULL,
	`outcome` text NOT NULL
);
