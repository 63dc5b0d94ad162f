INSERT INTO requesters VALUES (:id, :email, '+1416' || right(:id::text, 7), :name, NULL);
INSERT INTO conversations VALUES (:id + 1, :id, :today - 50, 'Example Frame 3', 'My frame ' || :tag || ' stays dark.');
