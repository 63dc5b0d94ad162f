-- What consenting visitors who signed in did on the web site and on the pages on Facebook and LinkedIn.
CREATE TABLE visitors (
    id         bigint PRIMARY KEY,
    email      text,
    ga_code    text,
    language   text,
    seen_on    date NOT NULL
);

CREATE TABLE page_views (
    id         bigint PRIMARY KEY,
    visitor_id bigint NOT NULL REFERENCES visitors (id),
    seen_on    date NOT NULL,
    page       text NOT NULL,
    country    text,
    counted    boolean NOT NULL DEFAULT true
);

CREATE TABLE visit_codes (
    id         bigint PRIMARY KEY,
    visitor_id bigint NOT NULL REFERENCES visitors (id),
    set_on     date NOT NULL,
    gid_code   text NOT NULL,
    counted    boolean NOT NULL DEFAULT true
);

CREATE TABLE video_plays (
    id         bigint PRIMARY KEY,
    visitor_id bigint NOT NULL REFERENCES visitors (id),
    video      text NOT NULL,
    seconds    integer NOT NULL,
    counted    boolean NOT NULL DEFAULT true,
    stopped_on  date,
    delete_from date GENERATED ALWAYS AS (stopped_on) STORED
);

CREATE TABLE social_visits (
    id         bigint PRIMARY KEY,
    visitor_id bigint NOT NULL REFERENCES visitors (id),
    site       text NOT NULL CHECK (site IN ('facebook', 'linkedin')),
    seen_on    date NOT NULL,
    reaction   text,
    counted    boolean NOT NULL DEFAULT true
);
