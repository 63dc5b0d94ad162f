INSERT INTO visitors VALUES (:id, :email, 'GA1.' || :tag, 'en', :today - 5);
INSERT INTO page_views VALUES (:id + 1, :id, :today - 5, '/pricing', 'NO', true);
INSERT INTO visit_codes VALUES (:id + 5, :id, :today, 'GA1.2.' || :tag, true);
INSERT INTO video_plays VALUES (:id + 2, :id, 'welcome', 31, true);
INSERT INTO social_visits VALUES (:id + 3, :id, 'facebook', :today - 40, 'like', true);
INSERT INTO social_visits VALUES (:id + 4, :id, 'linkedin', :today - 41, NULL, true);
