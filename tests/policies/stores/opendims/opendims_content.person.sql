INSERT INTO authors VALUES (:id, :email, :name, NULL);
INSERT INTO products VALUES (:id + 1, :id, 'Kettle', 'Holds two litres, says ' || :tag);
