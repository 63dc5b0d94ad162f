INSERT INTO payers VALUES (:id, :number, :email, :name, '5 Example Road', 'a card, at the payment service', NULL);
INSERT INTO payments VALUES (:id + 1, :id, 'P-' || :tag, 129.00, '2026-02-03');
