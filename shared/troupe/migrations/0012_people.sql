-- A person whom an issuer vouches for may see where they are a member, before the workspace is known.

CREATE INDEX ON members (email);
CREATE POLICY person ON members FOR SELECT USING (email = (SELECT nullif(current_setting('troupe.person', true), '')));
