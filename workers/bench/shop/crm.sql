CREATE TABLE contacts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_no text NOT NULL UNIQUE, name text, email text NOT NULL,
    phone text, birthday date, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON contacts (lower(email));
CREATE TABLE addresses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, contact_id bigint NOT NULL REFERENCES contacts,
    street text, postal_code text, city text, country char(2)
);
CREATE INDEX ON addresses (contact_id);
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, contact_id bigint NOT NULL REFERENCES contacts,
    title text, body text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON notes (contact_id);
CREATE TABLE activities (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, contact_id bigint NOT NULL REFERENCES contacts,
    kind text NOT NULL, subject text, occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON activities (contact_id);

INSERT INTO contacts (customer_no, name, email, phone, birthday)
SELECT 'B-' || n, 'Bench Person ' || n, 'person' || n || '@example.com', '+4531' || lpad(n::text, 6, '0'),
       date '1980-01-01' + n % 9000
FROM generate_series(1, :people) AS n;
INSERT INTO addresses (contact_id, street, postal_code, city, country)
SELECT id, 'Street ' || n, '8000', 'Aarhus', 'DK' FROM contacts, generate_series(1, 2) AS n;
INSERT INTO notes (contact_id, title, body)
SELECT id, 'Call ' || n, repeat('They asked about their order. ', 4) FROM contacts, generate_series(1, 7) AS n;
INSERT INTO activities (contact_id, kind, subject)
SELECT id, 'visit', 'Visit ' || n FROM contacts, generate_series(1, 10) AS n;
