-- A person whom an issuer vouches for may see the names of the workspaces that let them in.

CREATE POLICY person ON workspaces FOR SELECT USING (workspace_id IN (
    SELECT m.workspace_id FROM members m WHERE m.email = (SELECT nullif(current_setting('troupe.person', true), ''))));
CREATE INDEX ON tokens (member_id) WHERE member_id IS NOT NULL;
