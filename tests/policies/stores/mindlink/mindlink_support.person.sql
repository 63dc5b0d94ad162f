INSERT INTO requesters VALUES (:id, :email, :name, NULL);
INSERT INTO requests VALUES (:id + 1, :id, :today - 30, 'The licence ' || :tag || ' does not open.');
