-- Who pays, and what was invoiced.
CREATE TABLE payers (
    id            bigint PRIMARY KEY,
    customer_no   text NOT NULL UNIQUE,
    email         text,
    contact_name  text,
    account       text,
    restricted_at timestamptz
);

CREATE TABLE invoices (
    id         bigint PRIMARY KEY,
    payer_id   bigint NOT NULL REFERENCES payers (id),
    invoice_no text NOT NULL UNIQUE,
    issued_on  date NOT NULL,
    total      numeric(10, 2) NOT NULL
);
