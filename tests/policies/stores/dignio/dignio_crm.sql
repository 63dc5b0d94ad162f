-- Customers' contact persons and admin users, suppliers and partners, e-mails and call summaries; and the records that
-- customers keep in Dignio's services, which those customers decide about.
CREATE TABLE contacts (
    id            bigint PRIMARY KEY,
    customer_no   text,
    company       text NOT NULL,
    full_name     text,
    email         text,
    phone         text,
    role          text NOT NULL,
    restricted_at timestamptz
);

CREATE TABLE admin_users (
    id              bigint PRIMARY KEY,
    contact_id      bigint NOT NULL REFERENCES contacts (id),
    username        text NOT NULL,
    personal_number text,
    number_limited  boolean NOT NULL DEFAULT false
);

CREATE TABLE partners (
    id            bigint PRIMARY KEY,
    company       text NOT NULL,
    full_name     text,
    email         text,
    phone         text,
    address       text,
    ended_on      date,
    may_contact   boolean NOT NULL DEFAULT true,
    restricted_at timestamptz
);

CREATE TABLE correspondence (
    id         bigint PRIMARY KEY,
    contact_id bigint,
    partner_id bigint,
    kind       text NOT NULL CHECK (kind IN ('email', 'call')),
    sent_on    date NOT NULL,
    keep_from  date,                    -- the day that it was, or that the cooperation ended; empty while it lasts
    text       text NOT NULL
);

CREATE TABLE invoice_letters (
    id         bigint PRIMARY KEY,
    contact_id bigint NOT NULL REFERENCES contacts (id),
    invoice_no text NOT NULL,
    sent_on    date NOT NULL,
    text       text NOT NULL
);

CREATE TABLE service_records (
    id               bigint PRIMARY KEY,
    contact_id       bigint NOT NULL REFERENCES contacts (id),
    controller_email text NOT NULL,
    measured_on      date NOT NULL,
    value            text NOT NULL
);
