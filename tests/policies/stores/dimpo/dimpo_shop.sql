-- Who orders on the platform, what they ordered and wrote, how they visit, and what others told about them.
CREATE TABLE customers (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    full_name     text,
    organization  text,
    job_title     text,
    address       text,
    phone         text,
    restricted_at timestamptz
);

CREATE TABLE accounts (
    id            bigint PRIMARY KEY,
    customer_id   bigint NOT NULL REFERENCES customers (id),
    email         text,
    password_hash text,
    created_on    date NOT NULL
);

CREATE TABLE orders (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    kind        text NOT NULL CHECK (kind IN ('order', 'subscription', 'quote')),
    product     text NOT NULL,
    ordered_on  date NOT NULL
);

CREATE TABLE comments (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    page        text NOT NULL,
    text        text NOT NULL
);

CREATE TABLE visits (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    ip_address  inet,
    region      text,
    browser     text,
    page        text NOT NULL,
    followed    boolean NOT NULL DEFAULT true,
    stopped_on  date,
    delete_from date GENERATED ALWAYS AS (stopped_on) STORED
);

CREATE TABLE told_by_others (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    came_from   text NOT NULL,
    fact        text NOT NULL,
    value       text
);
