-- Customers and those who may become some: what they filled in, bought and took part in, how they use the services, and
-- what bought lists, public databases and other people added.
CREATE TABLE contacts (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    full_name     text,
    company       text,
    asked_for     text,
    restricted_at timestamptz
);

CREATE TABLE invoices (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    billed_to  text NOT NULL,
    total      numeric(10, 2) NOT NULL,
    issued_on  date NOT NULL
);

CREATE TABLE account_notes (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    renews_on  date,
    note       text NOT NULL
);

CREATE TABLE participations (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    kind       text NOT NULL CHECK (kind IN ('contest', 'survey', 'job')),
    answers    text,
    considered boolean NOT NULL DEFAULT true
);

CREATE TABLE visits (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    page       text NOT NULL,
    analysed   boolean NOT NULL DEFAULT true,
    targeted   boolean NOT NULL DEFAULT true
);

CREATE TABLE devices (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    ip_address inet,
    device     text,
    targeted   boolean NOT NULL DEFAULT true
);

CREATE TABLE locations (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    latitude   numeric(8, 5),
    longitude  numeric(8, 5),
    used       boolean NOT NULL DEFAULT true
);

CREATE TABLE supplements (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    came_from  text NOT NULL,
    fact       text NOT NULL,
    value      text,
    offered    boolean NOT NULL DEFAULT true
);

CREATE TABLE told_by_others (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    told_by    text NOT NULL,
    reason     text NOT NULL
);
