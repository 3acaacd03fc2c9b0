// The page of the API in Chromium. Arguments: the daemon's address and a key. Prints one line of JSON with what it saw; the Java test
// looks at it.
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'

const [address, key] = process.argv.slice(2)
const OPERATION = '#operations-Models-listModels'

// Somewhere else, which counts who comes.
let came = 0
const elsewhere = createServer((_, response) => {
  came++
  response.setHeader('access-control-allow-origin', '*')
  response.end('{}')
})
await new Promise((done) => elsewhere.listen(0, '127.0.0.1', done))
const there = `http://127.0.0.1:${elsewhere.address().port}/planted`

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})

async function open() {
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(30_000)
  const requested = []
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  cdp.on('Network.requestWillBeSent', (event) => requested.push(event.request.url))
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`))
  })
  return { page, requested, cdp }
}

async function execute(page, status) {
  await page.click(`${OPERATION} .execute`)
  await page.locator(`${OPERATION} .live-responses-table .response-col_status`, { hasText: status }).waitFor()
  return page.locator(`${OPERATION} .live-responses-table .response-col_description pre`).first().innerText()
}

const seen = {}
try {
  const { page, requested } = await open()
  await page.goto(`${address}docs`)
  await page.click(`${OPERATION} .opblock-summary-control`)
  seen.operations = await page.locator('.opblock').count()
  await page.click(`${OPERATION} .try-out__btn`)
  seen.keyless = await execute(page, '401')

  await page.click('.auth-wrapper .authorize')
  await page.fill('.auth-container input[aria-label="auth-bearer-value"]', key)
  await page.locator('.auth-container', { has: page.locator('input[aria-label="auth-bearer-value"]') }).locator('button.authorize').click()
  await page.click('.auth-btn-wrapper .btn-done >> nth=0')
  seen.models = await execute(page, '200')

  seen.kept = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length)
  seen.violations = await page.evaluate(() => window.violations)
  seen.requested = [...requested]

  // What a page would do that gives away what it knows: the policy keeps it, and without the policy it succeeds and is seen.
  const leak = (url) => fetch(url).then(() => 'sent', () => 'kept')
  seen.leak = { policy: await page.evaluate(leak, there), cameThen: came }
  const other = await open()
  await other.cdp.send('Page.setBypassCSP', { enabled: true })
  await other.page.goto(`${address}docs`)
  seen.leak.noPolicy = await other.page.evaluate(leak, there)
  seen.leak.came = came
  seen.leak.seen = other.requested.includes(there)
} finally {
  await browser.close()
  elsewhere.close()
}
console.log(JSON.stringify(seen))
