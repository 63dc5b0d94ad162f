INSERT INTO customers VALUES (:id, :number, :email, :name, true, NULL);
INSERT INTO orders VALUES (:id + 1, :id, 'Forfait annuel', '2026-02-03', NULL, NULL);
INSERT INTO orders VALUES (:id + 2, :id, 'Forfait mensuel', '2025-02-03', NULL, NULL);
INSERT INTO transactions VALUES (:id + 1, :id, :id + 1, 129.00, 'EUR', :name, '2026-02-03');
