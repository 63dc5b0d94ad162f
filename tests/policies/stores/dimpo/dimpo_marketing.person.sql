INSERT INTO subscribers VALUES (:id, :email, true, NULL);
INSERT INTO consents VALUES (:id + 1, :id, 'marketing', '2025-05-01', NULL);
INSERT INTO consents VALUES (:id + 2, :id, 'cookies', '2025-05-01', NULL);
