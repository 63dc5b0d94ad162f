INSERT INTO payers VALUES (:id, :number, :email, :name, 'NO93 8601 1117 947', NULL);
INSERT INTO invoices VALUES (:id + 1, :id, 'R-' || :tag, :today - 300, 990.00);
