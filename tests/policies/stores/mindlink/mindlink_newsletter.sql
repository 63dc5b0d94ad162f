-- Who signed up for the newsletter, blog posts and e-mail alerts.
CREATE TABLE subscribers (
    id            bigint PRIMARY KEY,
    email         text,
    full_name     text,
    organisation  text,
    job_title     text,
    phone         text,
    city          text,
    country       text,
    subscribed    boolean NOT NULL DEFAULT true,
    restricted_at timestamptz,
    unsubscribed_on date,
    delete_from   date GENERATED ALWAYS AS (unsubscribed_on) STORED
);
