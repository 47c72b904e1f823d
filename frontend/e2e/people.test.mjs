// People from elsewhere: by the issuer of their organisation, or by a token; their role and their end.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { faults } from "./axe.mjs";
import { launch } from "./browser.mjs";
import { troupe } from "./troupe.mjs";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const encoded = (said) => Buffer.from(typeof said === "string" ? said : JSON.stringify(said)).toString("base64url");
let issuer, house, browser, owner, ada;
let person = "ada@example.org";

function token(at, nonce) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: at, aud: "web", iat: now, exp: now + 300, email: person, email_verified: true, nonce };
  const signed = `${encoded({ alg: "ES256", kid: "one" })}.${encoded(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** Whoever comes is the person; the code holds what was asked. */
function answer(request, response) {
  const at = `http://${request.headers.host}`;
  const url = new URL(request.url, at);
  const say = (said) => response.setHeader("content-type", "application/json").end(JSON.stringify(said));
  if (url.pathname === "/authorize") {
    const { redirect_uri, state, nonce } = Object.fromEntries(url.searchParams);
    response.writeHead(302, { location: `${redirect_uri}?code=${encoded(nonce)}&state=${state}` }).end();
  } else if (url.pathname === "/token") {
    let form = "";
    request.on("data", (part) => (form += part));
    request.on("end", () => say({ id_token: token(at, Buffer.from(new URLSearchParams(form).get("code"), "base64url").toString()) }));
  } else if (url.pathname === "/keys") say({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one" }] });
  else say({ issuer: at, jwks_uri: `${at}/keys`, authorization_endpoint: `${at}/authorize`, token_endpoint: `${at}/token` });
}

before(async () => {
  issuer = createServer(answer);
  await new Promise((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  house = await troupe({ TROUPE_OIDC_ISSUER: `http://127.0.0.1:${issuer.address().port}`, TROUPE_OIDC_AUDIENCE: "web" });
  browser = await launch();
  owner = await (await browser.newContext()).newPage();
  await owner.goto(house.link);
  ada = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true })).newPage();
});

after(async () => {
  await browser?.close();
  await house?.stop();
  issuer?.close();
});

test("a stranger is told who can let them in", async () => {
  await ada.goto(`${house.url}/runs`);
  await ada.getByText("Sign in with your organisation").click();
  await ada.getByRole("alert").getByText("No workspace has let you in").waitFor();
  assert.deepEqual(await faults(ada), []);
});

test("a member signs in by the issuer, rises, and is removed", async () => {
  await owner.goto(`${house.url}/settings`);
  await owner.getByRole("button", { name: "Add member" }).click();
  await owner.getByLabel("Email").fill(person);
  await owner.getByRole("button", { name: "Let in" }).click();
  await owner.getByLabel(`Role of ${person}`).waitFor();
  await ada.goto(house.url);
  await ada.getByText("Sign in with your organisation").click();
  await ada.getByRole("button", { name: "Sign out" }).waitFor();
  await owner.getByLabel(`Role of ${person}`).selectOption("viewer");
  await ada.goto(`${house.url}/settings`);
  await ada.getByText("Members").waitFor();
  assert.equal((await ada.evaluate(() => fetch("/api/v1/me").then((said) => said.json()))).role, "viewer");
  await owner.getByRole("button", { name: `Remove ${person}` }).click();
  await owner.getByRole("button", { name: "Remove", exact: true }).click();
  await owner.getByLabel(`Role of ${person}`).waitFor({ state: "detached" });
  await ada.reload();
  await ada.getByText("Sign in with your organisation").waitFor();
});

test("an API token signs a browser in", async () => {
  const made = await owner.evaluate(() =>
    fetch("/api/v1/tokens", { method: "POST", headers: { "content-type": "application/json" }, body: '{"name": "a", "role": "viewer"}' }).then((said) => said.json()),
  );
  await ada.goto(house.url);
  await ada.getByRole("button", { name: "Sign in with an API token" }).click();
  await ada.getByLabel("API token").fill("trp_nothing");
  await ada.keyboard.press("Enter");
  await ada.getByRole("alert").waitFor();
  await ada.getByRole("button", { name: "Sign in with an API token" }).click();
  await ada.getByLabel("API token").fill(made.token);
  await ada.getByRole("button", { name: "Sign in", exact: true }).click();
  await ada.getByRole("navigation").getByText("Runs").waitFor();
});
