INSERT INTO people VALUES (:id, :email, NULL);
INSERT INTO subscribers VALUES (:id, :id, :email, true, NULL);
INSERT INTO consents VALUES (:id + 1, :id, 'marketing', '2025-05-01', NULL);
INSERT INTO consents VALUES (:id + 2, :id, 'cookies', '2025-05-01', NULL);
