"""Drives every feature of `glow studio` in a headless Chromium, as a user would.

    scripts/browser [FOLDER]        screenshots go to FOLDER, if it is given

Needs chromium, chromedriver and selenium; scripts/browser says how to get them.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

root = pathlib.Path(__file__).resolve().parents[2]
glow = root / ".build/release/glow"
pictures = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"browser: {what}")


# ---- runs to look at


def train(folder, name, *options, wait=True):
    """A small run; its process, if it is not waited for."""
    arguments = [str(glow), *options, "--threads", "1", "--quiet", "--output", f"{folder}/{name}"]
    if not wait:
        return subprocess.Popen(arguments, cwd=root)
    subprocess.run(arguments, cwd=root, check=True)


def images(width, end):
    return ["train", "--images", "data/glyphs", "--size", "16", "--levels", "2", "--steps", "2", "--width",
            str(width), "--coupling", "affine", "--evaluate-every", "50", "--sample-every", "100", *end]


def make_runs(folder):
    train(folder, "narrow", *images(16, ["--iterations", "400"]))
    train(folder, "wide", *images(32, ["--iterations", "400", "--learning-rate", "0.004"]))
    train(folder, "strikes", "train", "--audio", "data/strikes", "--coupling", "affine", "--iterations", "60",
          "--sample-every", "30", "--evaluate-every", "30")
    train(folder, "moons", "fit", "data/moons.csv", "--iterations", "600", "--sample-every", "200",
          "--evaluate-every", "100")
    train(folder, "digits", "vae", "--images", "data/glyphs", "--latent", "4", "--width", "8", "--iterations", "60",
          "--evaluate-every", "30", "--sample-every", "30")
    # one that was killed, and whose log says that a step was skipped and the run went back
    died = train(folder, "killed", *images(16, ["--iterations", "100000"]), wait=False)
    log = pathlib.Path(folder, "killed/metrics.jsonl")
    wait(lambda: log.exists() and '"iteration":60,' in log.read_text(), "the run to kill does not begin")
    died.kill()
    died.wait()
    lines = log.read_text().splitlines()
    last = 10_000
    gap = [re.sub(r'"iteration":\d+', f'"iteration":{last + n}', lines[0]) for n in (0, 10, 20)]
    gap[1:] = [line.replace('"skipped":0', '"skipped":2') for line in gap[1:]]
    gap.append(f'{{"iteration":{last + 20},"seconds":9,"rollback":1,"learning_rate":0.0005}}')
    log.write_text("\n".join(lines + gap) + "\n")


# ---- the browser


def wait(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except Exception:
            pass
        time.sleep(0.03)
    raise SystemExit(f"browser: {what}")


def browser(width=1280, height=900, dark=False):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}",
                     "--autoplay-policy=no-user-gesture-required", "--mute-audio"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    set_dark(driver, dark)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source":
        "window.listened = 0; const add = MediaQueryList.prototype.addEventListener;"
        "MediaQueryList.prototype.addEventListener = function (...given) { listened++; add.apply(this, given); };"})
    return driver


def set_dark(driver, dark):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})


class Page:
    def __init__(self, driver, address):
        self.driver, self.address = driver, address
        driver.get(address)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.one(selector).text

    def choose(self, selector, text):
        # a view that was just opened may not have it yet
        wait(lambda: Select(self.one(selector)).select_by_visible_text(text) or True, f"{selector} has no {text}")

    def click(self, selector):
        element = self.one(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def set(self, selector, value):
        self.driver.execute_script(
            "arguments[0].value = arguments[1]; for (const kind of ['input', 'change'])"
            "arguments[0].dispatchEvent(new Event(kind, {bubbles: true}))", self.one(selector), value)

    def inked(self, selector):
        """How many different colours a canvas shows."""
        return self.driver.execute_script(
            "const c = document.querySelector(arguments[0]); const d = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; const s = new Set();"
            "for (let i = 0; i < d.length; i += 4) s.add(d[i] << 16 | d[i+1] << 8 | d[i+2] | d[i+3] << 24);"
            "return s.size", selector)

    def said(self, selector):
        """Waits for the milliseconds that a computation says it took."""
        return int(wait(lambda: re.fullmatch(r"(\d+) ms", self.text(selector)), f"{selector} says no time")[1])

    def lines(self, identity):
        """How many lines of a run's log the page holds."""
        return self.driver.execute_async_script(
            "const [id, done] = arguments; import('/app/store.js').then(({store}) =>"
            "done(store.metrics.get(id)?.lines.length ?? 0))", identity)

    def reload(self, place):
        """As if the address had been opened in a new tab."""
        self.driver.get(f"{self.address}#{place}")
        self.driver.refresh()

    def chosen(self, selector):
        return Select(self.one(selector)).first_selected_option.text

    def drop(self, selector, path):
        """Drags a file over an element and lets it fall."""
        self.driver.execute_script(
            "const [over, name, text] = arguments; const files = new DataTransfer();"
            "files.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));"
            "for (const kind of ['dragover', 'drop']) over.dispatchEvent("
            "new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true}))",
            self.one(selector), path.name, base64.b64encode(path.read_bytes()).decode())

    def check_names(self, view):
        """Everything that can be set says what it is to those who don't see it."""
        for control in self.all(f"#view-{view} select, #view-{view} input"):
            check(control.accessible_name, f"{view}: {control.get_attribute('id')} has no name")

    def picture(self, name):
        if pictures:
            self.driver.save_screenshot(str(pictures / f"{name}.png"))


# ---- what is seen


def runs_view(page):
    wait(lambda: len(page.all("#runs tbody tr")) == 9, "not all runs are in the table")
    wait(lambda: page.text("#connection") == "live", "the stream is not open")
    wait(lambda: len(page.all("#charts .chart")) >= 6, "there are no curves")
    wait(lambda: page.inked('[data-metric="bits_per_dim"] canvas') > 4, "the curves are not drawn")
    states = {row.find_elements(By.TAG_NAME, "td")[1].text.split("\n")[0]: row.find_elements(By.TAG_NAME, "td")[8].text
              for row in page.all("#runs tbody tr")}
    check(states["narrow"] == "done", f"a finished run is {states['narrow']}")
    check(states["killed"].startswith("died"), f"a killed run is {states['killed']}")
    check("skipped" in states["killed"] and "rolled back" in states["killed"], "its mishaps are not told")
    check(states["glyphs.safetensors"] == "checkpoint", "a checkpoint alone is not told as one")
    marks = wait(lambda: page.text("#marks"), "no marks are told")
    for what in ("went back", "2 steps skipped", "nothing was logged"):
        check(what in marks, f"{what}: is not among the marks: {marks}")
    page.picture("studio-runs")
    page.check_names("runs")
    colors = {row.find_element(By.CSS_SELECTOR, "input").is_selected() and
              row.find_element(By.CSS_SELECTOR, ".swatch").value_of_css_property("background-color")
              for row in page.all("#runs tbody tr")}
    check(len(colors - {False}) == 6, f"six runs are shown in {len(colors) - 1} colours")

    def column(n):
        return [row.find_elements(By.TAG_NAME, "td")[n].text.split("\n")[0] for row in page.all("#runs tbody tr")]

    head = [button for button in page.all("#runs th button") if button.text.startswith("Steps")][0]
    head.click()
    steps = [int(text.replace(",", "")) for text in column(5) if text]
    check(steps == sorted(steps), "the table is not sorted by steps")
    head.click()
    steps = [int(text.replace(",", "")) for text in column(5) if text]
    check(steps == sorted(steps, reverse=True), "nor the other way")
    best = dict(zip(column(1), column(6)))
    check(re.fullmatch(r"[\d.]+ ± [\d.]+ bits/dim", best["narrow"]), f"the best is {best['narrow']}")

    before = page.inked('[data-metric="bits_per_dim"] canvas')
    page.set("#smoothing", "0")
    page.choose("#axis", "time")
    page.click("#log")
    wait(lambda: page.inked('[data-metric="bits_per_dim"] canvas') != before, "the curves do not change")
    page.click("#log")
    canvas = page.one('[data-metric="bits_per_dim"] canvas')
    page.driver.execute_script("arguments[0].focus()", canvas)
    canvas.send_keys(Keys.ARROW_RIGHT)
    readout = '[data-metric="bits_per_dim"] .readout'
    wait(lambda: "narrow" in page.text(readout), "the keyboard reads no value")
    page.set("#smoothing", "0.6")  # now the raw values stand faint behind
    page.choose("#axis", "steps")
    page.driver.execute_script("arguments[0].blur()", canvas)

    def read(part):
        page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        at = int((part - 0.5) * (canvas.size["width"] - 12))
        ActionChains(page.driver).move_to_element_with_offset(canvas, at, 0).perform()
        return page.text(readout)

    said = wait(lambda: read(1), "the pointer reads no value")
    check("killed" in said and "narrow" not in said, f"a run is read where it never was: {said}")
    said = read(0.14)
    values = said.split(": ", 1)[1].split(" · ")
    check(all(re.fullmatch(r"[a-z]+( \(validation\))? [\d.,−-]+", value) for value in values),
          f"a value of a curve without a name is read: {said}")

    page.choose("#options-a", "narrow")
    page.choose("#options-b", "wide")
    def differences():
        return [row.text for row in page.all("#differences tbody tr")]

    wait(lambda: "width 16 32" in differences() and any(row.startswith("learning-rate") for row in differences())
         and not any(row.startswith("size") for row in differences()), "the options' differences are not those")


def live(page, folder):
    """A run that begins now appears and grows; how long its lines take to be seen."""
    run = train(folder, "live", *images(16, ["--iterations", "100000"]), wait=False)
    log = pathlib.Path(folder, "live/metrics.jsonl")
    wait(lambda: "running" in page.one("#runs").text, "the new run is not seen running")
    row = wait(lambda: [r for r in page.all("#runs tbody tr") if "live" in r.text][0], "it has no row")
    row.find_element(By.CSS_SELECTOR, "input").click()
    identity = row.get_attribute("id")
    page.choose("#options-a", "live")
    page.choose("#options-b", "narrow")
    wait(lambda: "iterations 100000 400" in page.text("#differences"), "the new run's options are not told")
    delays = []
    for _ in range(20):
        last = json.loads(log.read_text().splitlines()[-1])["iteration"]
        begin = time.monotonic()
        wait(lambda: int(page.driver.execute_script(
            "return document.querySelectorAll(`#${arguments[0]} td`)[5].textContent.replaceAll(',', '')",
            identity) or 0) >= last, "its steps do not arrive")
        delays.append(time.monotonic() - begin)
        time.sleep(0.1)
    print(f"a line is seen after {max(delays):.2f} s at most, {sorted(delays)[10]:.2f} s in the middle")
    check(max(delays) < 1, "it is not live within a second")
    run.send_signal(signal.SIGINT)
    run.wait()
    wait(lambda: "stopped" in page.one(f"#{identity}").text, "a run that Ctrl-C ended is not seen stopped")
    # going on writes the log anew: the page must begin again
    again = subprocess.Popen([str(glow), "train", "--resume", f"{folder}/live", "--threads", "1", "--quiet",
                              "--iterations", "200000"], cwd=root)
    wait(lambda: "running" in page.one(f"#{identity}").text, "the resumed run is not seen running")
    wait(lambda: "iterations 200000 400" in page.text("#differences"), "its options are those that it had before")
    time.sleep(1)
    again.kill()
    again.wait()
    wait(lambda: "died" in page.one(f"#{identity}").text, "its death is not seen")
    return identity.removeprefix("run-")


def anew(page, folder, identity, restart):
    """Whatever becomes of a log, the page ends with its lines and no others."""
    log = pathlib.Path(folder, "live/metrics.jsonl")
    lines = log.read_text().splitlines(keepends=True)
    wait(lambda: page.lines(identity) == len(lines), "not all lines are on the page")
    # more lines in its place, and longer ones, while nobody looks
    for times in (2, 3):
        longer = [line.replace("{", '{"longer":' + "1" * 100 * times + ",") for line in lines]
        restart(lambda: log.write_text("".join(longer * times)))
        wait(lambda: page.lines(identity) == times * len(lines), "the page keeps old lines after the studio began anew")
    # lines that come while it is neither shown nor looked at
    page.click(f"#show-{identity}")
    restart(lambda: log.write_text("".join(longer * times + lines)))
    wait(lambda: page.driver.execute_async_script(
        "const [id, done] = arguments; import('/app/store.js').then(({runOf}) => done(runOf(id).bytes))",
        identity) == log.stat().st_size, "the page does not connect again")
    page.click(f"#show-{identity}")
    wait(lambda: page.lines(identity) == (times + 1) * len(lines), "a curve that was not shown stays short")
    # the run is made anew, once seen to be gone and once between two looks
    for is_seen in (True, False):
        shutil.rmtree(log.parent)
        if is_seen:
            wait(lambda: not page.all(f"#run-{identity}"), "a run that is gone is still shown")
        log.parent.mkdir()
        log.write_text("".join(lines[:3]))
        box = wait(lambda: page.one(f"#show-{identity}"), "a run that is made anew is not shown")
        if not box.is_selected():
            box.click()
        wait(lambda: page.lines(identity) == 3, "the page keeps lines of a run that is gone")
        log.write_text("".join(lines))


def late(page, folder):
    """What comes to a run that is looked at is seen: its model, another one, drawings, rare metrics."""
    own, other = pathlib.Path(folder, "narrow"), pathlib.Path(folder, "wide")
    run = pathlib.Path(folder, "late")
    (run / "samples").mkdir(parents=True)

    def put(source, name, to=None):
        shutil.copy(source / name, run / "part")
        os.replace(run / "part", run / (to or name))

    lines = [f'{{"iteration":{n},"seconds":{n},"bits_per_dim":3}}\n' for n in range(10, 5000, 10)]
    lines[100] = lines[100].replace("bits_per_dim", "rare")
    (run / "metrics.jsonl").write_text("".join(lines))
    identity = wait(lambda: page.driver.execute_async_script(
        "const [done] = arguments; import('/app/store.js').then(({store}) =>"
        "done(store.runs.find((run) => run.name === 'late')?.id))"), "the new run is not told")
    page.click(f"#show-{identity}")
    wait(lambda: page.all('#charts [data-metric="rare"]'), "what is logged once has no chart")
    page.click(f"#show-{identity}")

    page.reload(f"model/{identity}")
    wait(lambda: page.text("#about") == "it has no model yet", "a run without a model is not told as one")
    put(own, "best.safetensors")
    wait(lambda: len(page.all("#gallery canvas")) == 16, "its model is not seen when it comes")
    about = page.text("#about")
    put(other, "best.safetensors")
    wait(lambda: page.text("#about") not in ("", about), "another model in its place is not seen")

    page.reload(f"samples/{identity}")
    put(own, "samples/100.png", "samples/100.png")
    put(own, "last.safetensors")
    wait(lambda: page.text("#iteration-text") == "iteration 100", "a drawing without a line is not seen")
    page.driver.get(f"{page.address}#runs")
    shutil.rmtree(run)


def refused(page):
    """A stream that was refused, as there were too many, is asked for again."""
    host, port = re.search(r"//(.*):(\d+)", page.address).groups()
    page.driver.get("about:blank")

    def stream():
        one = socket.create_connection((host, int(port)))
        one.sendall(f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        return one if b" 200 " in one.recv(20) else None

    # the page's own is given back in a moment
    many = [stream() for _ in range(100)] + [time.sleep(0.5)] + [stream() for _ in range(10)]
    page.driver.get(page.address)
    wait(lambda: "does not answer" in page.text("#connection"), "a refused stream is not told")
    for one in filter(None, many):
        one.close()
    wait(lambda: page.text("#connection") == "live", "the stream is not asked for again")


def samples_view(page):
    page.click("#tab-samples")
    page.choose("#samples-run", "narrow")
    wait(lambda: page.text("#iteration-text") == "iteration 400", "the last drawing is not shown first")
    wait(lambda: len(page.all("#originals canvas")) == 16, "there are no originals")
    page.picture("studio-samples")
    page.check_names("samples")
    identity = page.driver.execute_script("return location.hash.split('/')[1]")
    page.one("#iteration").send_keys(Keys.ARROW_LEFT)
    wait(lambda: page.text("#iteration-text") == "iteration 300", "the slider does not go back")
    wait(lambda: page.driver.execute_script(
        "const i = document.querySelector('#samples img'); return i && i.naturalWidth > 10 && i.src.includes('300')"),
        "the grid is not shown")
    page.reload(f"samples/{identity}")
    wait(lambda: page.chosen("#samples-run") == "narrow", "an address of samples shows another run")
    wait(lambda: len(page.all("#originals canvas")) == 16, "and no originals")
    page.choose("#samples-run", "strikes")
    wait(lambda: len(page.all("#samples .player")) == 4, "the sounds have no players")
    wait(lambda: len(page.all("#originals .player")) == 4, "the originals have no players")
    page.click("#samples .player button")
    wait(lambda: page.text("#samples .player button") == "■", "a sound does not play")
    wait(lambda: page.text("#samples .player button") == "▶", "nor does it end")
    page.picture("studio-sounds")
    page.choose("#samples-run", "moons")
    wait(lambda: page.inked("#samples canvas") > 3, "a table's rows are not drawn")
    wait(lambda: page.inked("#originals canvas") > 3, "nor those of the data")
    page.picture("studio-table")
    columns = page.driver.execute_async_script(
        "const [text, done] = arguments; import('/app/scatter.js').then(({parseCSV}) => done(parseCSV(text)))",
        '"a,b","say ""c""","two\nlines",d\n1,-2.5,3e-2,4\n5,6,7,8\n')
    check(columns == {"columns": ["a,b", 'say "c"', "two\nlines", "d"], "rows": [[1, -2.5, 0.03, 4], [5, 6, 7, 8]]},
          f"odd names of columns are read as {columns}")


def pixels(page, selector):
    return page.driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((c) => c.toDataURL())", selector)


def model_view(page):
    page.click("#tab-model")
    times = {}
    page.choose("#model-run", "glyphs.safetensors")
    wait(lambda: len(page.all("#gallery canvas")) == 16, "nothing is drawn")
    times["draw 16"] = page.said("#draw-status")
    first = pixels(page, "#gallery canvas")
    page.set("#temperature", "0.3")
    wait(lambda: pixels(page, "#gallery canvas") != first, "the temperature changes nothing")
    page.set("#temperature", "0.7")
    wait(lambda: pixels(page, "#gallery canvas") == first, "the same seed gives other draws")
    page.click("#another")
    wait(lambda: pixels(page, "#gallery canvas") != first, "another seed gives the same draws")
    page.choose("#class", "7")
    page.said("#draw-status")
    time.sleep(0.3)

    page.set("#seed", "-1")
    wait(lambda: page.text("#draw-status") == "a seed is a whole number, 0 or more", "a seed below 0 is not refused")
    page.set("#seed", "1")
    page.said("#draw-status")
    page.check_names("model")

    page.one("#file").send_keys(str(root / "data/glyphs/3/0007.png"))
    times["take"] = page.said("#take-status")
    wait(lambda: "bits/dim" in page.text("#bits"), "no bits/dim are told")
    times["examine"] = page.said("#examine-status")
    total, levels, of_bin = re.fullmatch(r"([\d.]+) bits/dim = (.+) \+ (\d+) bits of a bin", page.text("#bits")).groups()
    sum_ = sum(float(bits.replace(" ", "").replace("−", "-")) for bits in re.findall(r"[−+] ?[\d.]+", levels)) + int(of_bin)
    check(abs(sum_ - float(total)) < 0.003, f"the bits do not add up: {page.text('#bits')}")
    check(len(page.all("#latents canvas")) == 3, "the latents of three levels are not shown")
    wait(lambda: page.inked("#map") > 20, "the map of surprise is not drawn")
    page.picture("studio-model")

    before = page.text("#bits")
    page.drop("#drop", root / "data/glyphs/5/0003.png")
    wait(lambda: page.text("#bits") != before, "a file that is dropped is not taken")
    page.all("#gallery button")[1].click()
    wait(lambda: page.text("#bits") == before, "the file before it is not looked at again")
    page.one("#file").send_keys(str(root / "Package.swift"))
    wait(lambda: page.text("#take-status") == "this is no image", "a file that is no image is not refused")
    for name, count in (("interpolate", 9), ("replace", 2)):
        page.click(f"#{name}")
        times[name] = page.said(f"#{name}-status")
        shown = {"interpolate": "#between canvas", "replace": "#replaced canvas"}[name]
        wait(lambda: len(page.all(shown)) == count, f"{name} shows nothing")
    changed = pixels(page, "#replaced canvas")
    check(changed[0] != changed[1], "another latent changes nothing")
    page.choose("#replace-from", "a fresh draw")
    page.choose("#level", "level 1 (16×16×2)")
    page.click("#replace")
    wait(lambda: pixels(page, "#replaced canvas") != changed, "a fresh latent changes nothing")
    page.set("#amount", "0.5")
    times["first slide"] = page.said("#slide-status")
    page.choose("#slide-from", "3")
    page.choose("#slide-to", "8")
    page.set("#amount", "1")
    wait(lambda: len(page.all("#slid canvas")) == 1, "the slider shows nothing")
    page.said("#slide-status")
    page.set("#amount", "0.9")
    time.sleep(0.05)
    times["slide"] = page.said("#slide-status")
    page.click("#strip")
    wait(lambda: len(page.all("#slid canvas")) == 9, "the way from class to class is not shown")
    times["slide, nine steps"] = page.said("#slide-status")
    page.driver.execute_script("document.querySelector('#between').scrollIntoView()")
    page.picture("studio-latents")

    page.choose("#model-run", "strikes.safetensors")
    wait(lambda: len(page.all("#gallery .player")) == 4, "no sounds are drawn")
    times["draw 4 sounds of 0.5 s"] = page.said("#draw-status")
    sound = sorted((root / "data/strikes/bell").glob("*.wav"))[0]
    page.one("#file").send_keys(str(sound))
    page.said("#take-status")
    wait(lambda: "bits/sample" in page.text("#bits"), "a sound's bits are not told")
    times["examine a sound"] = page.said("#examine-status")
    check(len(page.all("#map .player")) == 1 and len(page.all("#latents canvas")) == 4, "its map is not shown")
    page.click("#interpolate")
    times["interpolate sounds"] = page.said("#interpolate-status")
    wait(lambda: len(page.all("#between .player")) == 5, "nothing is between two sounds")
    page.set("#amount", "0.5")
    times["first slide of a sound"] = page.said("#slide-status")
    page.click("#strip")
    wait(lambda: len(page.all("#slid .player")) == 9, "a sound's way from class to class is not shown")
    page.driver.execute_script("scrollTo(0, 0)")
    page.picture("studio-sound-model")

    page.choose("#model-run", "digits")
    wait(lambda: len(page.all("#gallery canvas")) == 16, "an autoencoder draws nothing")
    page.said("#draw-status")
    page.drop("#drop", root / "data/glyphs/3/0007.png")
    wait(lambda: "at most: a bound" in page.text("#bits"), "its bound is not told")
    page.click("#interpolate")
    wait(lambda: len(page.all("#between canvas")) == 9, "nor does it interpolate")
    check(not page.all("#replace") and not page.all("#strip"), "it has no levels and no classes")
    page.picture("studio-autoencoder")
    page.choose("#model-run", "narrow")
    identity = page.driver.execute_script("return location.hash.split('/')[1]")
    page.reload(f"model/{identity}")
    wait(lambda: page.chosen("#model-run") == "narrow", "an address of a model shows another one")
    wait(lambda: len(page.all("#gallery canvas")) == 16, "and no draws")
    page.choose("#model-run", "moons")
    wait(lambda: page.inked("#gallery canvas") > 3, "no rows are drawn")
    print("a browser's milliseconds for the shipped models:",
          ", ".join(f"{name} {ms}" for name, ms in times.items()))


def looks(page):
    """The same, narrow and dark; nothing may stick out sideways."""
    for width, dark, name in ((360, False, "narrow"), (1280, True, "dark")):
        page.driver.set_window_size(width, 900)
        if width < 500:
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        else:
            page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        set_dark(page.driver, dark)
        models = {run.text: run.get_attribute("value") for run in page.all("#model-run option")}
        for view in ("runs", "samples", "model", "sound-model"):
            model = {"model": "glyphs", "sound-model": "strikes"}.get(view)
            place = f"model/{models[model + '.safetensors']}" if model else view
            page.driver.get(f"{page.address}#{place}")
            time.sleep(1.2)
            page.driver.execute_script("scrollTo(0, 0)")
            wide = page.driver.execute_script("return document.documentElement.scrollWidth")
            check(wide <= page.driver.execute_script("return innerWidth"), f"{view} sticks out: {wide} of {width}")
            page.picture(f"studio-{view}-{name}")
    # the system may change its mind; one listener serves all canvases
    page.driver.get(f"{page.address}#runs")
    canvas = '[data-metric="bits_per_dim"] canvas'
    wait(lambda: page.inked(canvas) > 4, "the curves are not drawn")
    before = pixels(page, canvas)
    set_dark(page.driver, False)
    wait(lambda: pixels(page, canvas) != before, "curves do not follow the system's colours")
    check(page.driver.execute_script("return listened") == 1, "each canvas listens for the system's colours")


def keyboard(page):
    page.driver.get(page.address + "#runs")
    page.one("#tab-runs").send_keys(Keys.ARROW_RIGHT)
    wait(lambda: page.one("#view-samples").is_displayed(), "arrow keys do not go from tab to tab")
    focused = page.driver.execute_script("return document.activeElement.id")
    check(focused == "tab-samples", "the focus does not follow")


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_runs(folder)
        def begin(port):
            return subprocess.Popen([str(glow), "studio", folder, "checkpoints", "--no-open", "--port", port],
                                    cwd=root, stdout=subprocess.PIPE, text=True)

        def restart(meanwhile):
            nonlocal studio
            studio.terminate()
            studio.wait()
            meanwhile()
            studio = begin(address.split(":")[-1].strip("/"))

        studio = begin("0")
        driver = None
        try:
            address = re.search(r"http://\S+", studio.stdout.readline())[0]
            driver = browser()
            page = Page(driver, address)
            runs_view(page)
            samples_view(page)
            model_view(page)
            looks(page)
            keyboard(page)
            page.driver.get(address + "#runs")
            anew(page, folder, live(page, folder), restart)
            refused(page)
            late(page, folder)
            # what is refused, and a studio that is gone for a moment, the browser notes as well
            noise = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"
                     and not re.search("422|429|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED", entry["message"])]
            check(not noise, f"the browser complains: {noise[:3]}")
            check(studio.poll() is None, "the studio ended")
        finally:
            if driver:
                driver.quit()
            studio.terminate()
            studio.wait()
    print(f"browser: {checks} checks, and all that was waited for came")


main()
