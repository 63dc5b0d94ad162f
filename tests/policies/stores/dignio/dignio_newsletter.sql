-- Who gets the newsletter, and how many were read.
CREATE TABLE subscribers (
    id              bigint PRIMARY KEY,
    email           text NOT NULL,
    subscribed      boolean NOT NULL DEFAULT true,
    newsletters_read integer NOT NULL DEFAULT 0,
    unsubscribed_on date,
    delete_from     date GENERATED ALWAYS AS (unsubscribed_on) STORED
);
