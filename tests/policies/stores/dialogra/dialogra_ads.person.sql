INSERT INTO visitors VALUES (:id, :email, '192.0.2.7', 'cookie-' || :tag, true, NULL);
INSERT INTO reactions VALUES (:id + 1, :id, 'printemps', 'clicked', :today - 60, true, true);
