// Opens the pages of --format html in a browser: node html-page.mjs CHROMIUM DIRECTORY [PICTURES]
//
// DIRECTORY holds shop.html, images.html, attack.html and many.html (tests/unit/report-sample.c).
// Prints TAP. Into PICTURES, a folder, it puts pictures for a person to look at.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [chromium, directory, pictures] = process.argv.slice(2);
const require = createRequire(path.join(process.env.NODE_MODULES_OF ?? ".", "x.js"));
const { chromium: driver } = require("playwright-core");

let count = 0;
let failed = 0;
function check(good, name, detail = "") {
  count += 1;
  if (!good) failed += 1;
  console.log(`${good ? "" : "not "}ok ${count} - ${name}`);
  if (!good && detail !== "") console.log(`# ${JSON.stringify(detail).slice(0, 600)}`);
}
function is(got, want, name) {
  check(JSON.stringify(got) === JSON.stringify(want), name, { got, want });
}

const browser = await driver.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  const told = { errors: [], requests: [], dialogs: 0 };
  page.on("console", (message) => message.type() !== "log" && told.errors.push(message.text()));
  page.on("pageerror", (error) => told.errors.push(String(error)));
  page.on("request", (request) => told.requests.push(request.url()));
  page.on("dialog", (dialog) => (told.dialogs++, dialog.dismiss()));
  const url = pathToFileURL(path.join(directory, name)).href;
  await page.goto(url);
  await page.waitForSelector("main:not([aria-busy])");
  return { page, told, url };
}

function quiet(told, url, name) {
  is(told.errors, [], `${name}: no error in the console`);
  is(told.requests, [url], `${name}: nothing is fetched`);
  is(told.dialogs, 0, `${name}: nothing of the report is run`);
}

const ids = (page) => page.$$eval("tr.row", (rows) => rows.map((row) => row.dataset.id));
const counter = (page) => page.textContent(".tools .count");

async function showsAndFilters() {
  const { page, told, url } = await open("shop.html");
  is(await page.textContent("h1"), "shop/app:3.2", "the page names the subject");
  is(await page.textContent(".pill"), "FAIL", "the page tells the verdict");
  is((await ids(page)).length, 10, "every finding has a row");
  is(await counter(page), "10 findings", "their number is told");
  check((await page.textContent("main")).includes("0 blocking gaps, 1 note"), "gaps stand beside the score");
  const search = page.getByRole("searchbox");
  await search.fill("openssl");
  is(await ids(page), ["DSA-5764-1", "changed-file"], "the search box filters");
  is(await counter(page), "2 of 10 findings", "how many are left is told");
  await search.fill("libcurl4 CVE-2023-38545");
  is(await ids(page), ["DEBIAN-CVE-2023-38545"], "every word must be there");
  await search.fill("nothing of the kind");
  is(await ids(page), [], "a search may find nothing");
  await page.click("#reset");
  is((await ids(page)).length, 10, "reset shows all");
  await page.click('[data-kind="secret"]');
  is(await ids(page), ["aws-access-key-id", "generic-password"], "a kind is chosen in its chart");
  await page.click('[data-severity="medium"]');
  is(await ids(page), ["generic-password"], "and with it a severity");
  await page.click("#reset");
  await page.click('[data-layer="0/2"]');
  is((await ids(page)).length, 5, "a layer is chosen in its chart");
  await page.click("#reset");
  await page.getByRole("button", { name: "Exploited" }).click();
  is(await ids(page), ["DEBIAN-CVE-2023-38545"], "known to be exploited");
  await page.click("#reset");
  await page.selectOption('[aria-label="Base image"]', "in");
  is((await ids(page)).length, 3, "what comes with the base image");
  await page.click("#reset");
  await page.selectOption('[aria-label="Waived"]', "only");
  is((await ids(page)).sort(), ["DSA-5532-1", "GHSA-hrpp-h998-j3pp"], "what is waived");
  await page.click("#reset");
  quiet(told, url, "shop");
  await page.context().close();
}

async function sortsAndOpens() {
  const { page } = await open("shop.html");
  const first = ["DEBIAN-CVE-2023-38545", "DSA-5764-1", "aws-access-key-id"];
  is((await ids(page)).slice(0, 3), first, "what is exploited is on top, then the worst");
  is((await ids(page)).slice(-2), ["GHSA-hrpp-h998-j3pp", "DSA-5532-1"], "and what is waived last");
  const head = page.getByRole("columnheader", { name: /^In( |$)/ });
  await head.getByRole("button").click();
  is(await head.getAttribute("aria-sort"), "ascending", "a column sorts");
  const named = await page.$$eval("tr.row .t-object", (all) => all.map((one) => one.textContent));
  is(named.slice(0, 3), ["Env DB_PASSWORD", "express", "libcurl4"], "by name");
  await head.getByRole("button").click();
  is((await ids(page))[0], "changed-file", "and once more turns the order round");
  await page.keyboard.press("/");
  check(await page.evaluate(() => document.activeElement.type === "search"), "/ goes to the search box");
  await page.keyboard.type("libcurl4");
  await page.locator("tr.row .name").focus();
  await page.keyboard.press("Enter");
  const detail = await page.textContent("td.detail");
  check(detail.includes("43 % chance of exploitation"), "Enter opens a finding", detail);
  check(detail.includes("https://curl.se/docs/CVE-2023-38545.html"), "all its sources are there", detail);
  check(detail.includes("layer 1: RUN apt-get update && apt-get install -y openssl curl"), "and the step", detail);
  is(await page.getAttribute("tr.row .name", "aria-expanded"), "true", "which is told to who cannot see it");
  await page.keyboard.press("Enter");
  is(await page.locator("td.detail").count(), 0, "and closes it");
  await page.context().close();
}

async function survivesAnAttack() {
  const { page, told, url } = await open("attack.html");
  for (const name of await page.$$("tr.row .name")) await name.click();
  is((await ids(page)).length, 4, "a hostile report is shown");
  is(await page.locator("main img, main script, main iframe").count(), 0, "nothing of it became an element");
  const links = await page.$$eval("a", (all) => all.map((one) => one.protocol));
  is(links.filter((protocol) => !/^https?:$/.test(protocol)), [], "no link runs a script");
  const text = await page.textContent("main");
  check(text.includes("</script><script>alert(1)</script>"), "it is there as text");
  check(!/[\u0000-\u0008\u001b\u202e]/.test(text), "without what would reorder or hide it");
  quiet(told, url, "attack");
  await page.context().close();
}

async function takesMany() {
  const { page, told, url } = await open("many.html");
  is(await counter(page), "5,000 findings", "5,000 findings");
  const first = (await ids(page)).length;
  check(first > 0 && first <= 600, "rows are made as they are needed", first);
  await page.getByRole("searchbox").fill("cve-2025-14999");
  is(await ids(page), ["CVE-2025-14999"], "any of them is found");
  await page.click("#reset");
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction((n) => document.querySelectorAll("tr.row").length > n, first);
  check(true, "more come when they are about to be seen");
  quiet(told, url, "many");
  await page.context().close();
}

async function worksWithoutScripts() {
  const { page } = await open("shop.html", { javaScriptEnabled: true });
  await page.context().close();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(pathToFileURL(path.join(directory, "shop.html")).href);
  check((await plain.textContent("noscript")).includes("Verdict: FAIL"), "without scripts the verdict is there");
  await context.close();
}

async function fitsASmallScreen() {
  const { page } = await open("shop.html", { viewport: { width: 390, height: 844 } });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, "a small screen needs no sideways scrolling", over);
  await page.context().close();
}

async function takePictures() {
  const take = async (name, file, options, prepare) => {
    const { page } = await open(name, options);
    if (prepare) await prepare(page);
    await page.screenshot({ path: path.join(pictures, file), fullPage: !prepare });
    await page.context().close();
  };
  const openFirst = async (page) => {
    for (const n of [0, 2]) await page.locator("tr.row .name").nth(n).click();
    await page.setViewportSize({ width: 1360, height: 1900 });
  };
  await take("shop.html", "light.png", { colorScheme: "light" });
  await take("shop.html", "dark.png", { colorScheme: "dark" });
  await take("shop.html", "open.png", { colorScheme: "light" }, openFirst);
  await take("shop.html", "narrow.png", { viewport: { width: 390, height: 1600 } }, (page) =>
    page.locator(".tools").evaluate((tools) => tools.scrollIntoView()),
  );
  await take("images.html", "images.png", { colorScheme: "dark" });
  await take("many.html", "many.png", { colorScheme: "light" }, async () => {});
  await take("attack.html", "attack.png", { colorScheme: "light" });
}

try {
  await showsAndFilters();
  await sortsAndOpens();
  await survivesAnAttack();
  await takesMany();
  await worksWithoutScripts();
  await fitsASmallScreen();
  if (pictures) await takePictures();
} catch (error) {
  check(false, "the page does what it should", String(error));
}
await browser.close();
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
