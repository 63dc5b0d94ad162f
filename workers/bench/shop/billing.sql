CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_no text NOT NULL UNIQUE, name text, email text NOT NULL,
    street text, city text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON customers (lower(email));
CREATE TABLE invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
    invoice_no text NOT NULL, issued_on date NOT NULL, total numeric(12, 2) NOT NULL, bill_to text
);
CREATE INDEX ON invoices (customer_id);
CREATE TABLE invoice_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, invoice_id bigint NOT NULL REFERENCES invoices,
    description text, quantity integer NOT NULL, amount numeric(12, 2) NOT NULL
);
CREATE INDEX ON invoice_lines (invoice_id);

INSERT INTO customers (customer_no, name, email, street, city)
SELECT 'B-' || n, 'Bench Person ' || n, 'person' || n || '@example.com', 'Street 1', 'Aarhus'
FROM generate_series(1, :people) AS n;
INSERT INTO invoices (customer_id, invoice_no, issued_on, total, bill_to)
SELECT id, 'I-' || id || '-' || n, date '2024-01-01' + n, 125.00, name FROM customers, generate_series(1, 6) AS n;
INSERT INTO invoice_lines (invoice_id, description, quantity, amount)
SELECT id, 'Item ' || n, 1, 62.50 FROM invoices, generate_series(1, 2) AS n;
