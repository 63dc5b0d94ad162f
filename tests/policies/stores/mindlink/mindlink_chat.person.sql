INSERT INTO people VALUES (:id, :email, :name, NULL);
INSERT INTO talks VALUES (:id + 1, :id, 'chat', :today - 20, 'Is ' || :tag || ' in stock?');
INSERT INTO talks VALUES (:id + 2, :id, 'phone', :today - 19, 'Called back about ' || :tag);
