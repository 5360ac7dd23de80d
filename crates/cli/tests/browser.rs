//! The pages in a real browser: their filters work, nothing is fetched, every text can be read in light and dark, and no text of the
//! picture leaves its box. The photographs are for people; the test prints where they are.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "opens pages of the real binary, and says where the photographs are")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use windlass_testkit::{Browser, Theme, workspace};

/// Opens a page in a frame, uses it as a reader would, and writes what came of it into `#result`.
const READER: &str = include_str!("browser/reader.html");

#[test]
fn the_report_of_a_conversion_can_be_read_and_filtered() {
    let Some(browser) = Browser::find() else { return };
    let page = pages().join("conversion.html");
    let files = ["-f", "docker-compose.yml", "-f", "docker-compose.prod.yml"];
    windlass(&[&files[..], &["convert", "-q", "--report", &page.display().to_string()]].concat());
    for theme in [Theme::Light, Theme::Dark] {
        let read = read(&browser, &page, theme);
        check(&read);
        // Rows of one fate alone, of one service alone, and all of them again.
        let count = |name: &str| read[name].as_u64().unwrap_or_default();
        assert!(count("rows") > 100 && count("without_last_state") < count("rows") && count("without_last_state") > 0, "{read}");
        assert!(count("of_one_group") > 0 && count("of_one_group") < count("rows"), "{read}");
        assert!(count("with_words") > 0 && count("with_words") < count("rows"), "{read}");
        assert_eq!(count("after_reset"), count("rows"));
        assert_eq!(read["told"], format!("{} of {} shown", count("with_words"), count("rows")));
        assert!(count("of_link") > 0 && count("of_link") < count("rows"), "{read}");
        assert!(count("boxes") >= 6, "{read}");
        photograph(&browser, &page, theme);
    }
}

#[test]
fn the_report_of_an_audit_can_be_read_and_filtered() {
    let Some(browser) = Browser::find() else { return };
    let page = pages().join("audit.html");
    windlass(&["audit", "-q", "--fail-on", "never", "--allow-partial", "--output", &page.display().to_string()]);
    for theme in [Theme::Light, Theme::Dark] {
        let read = read(&browser, &page, theme);
        check(&read);
        let count = |name: &str| read[name].as_u64().unwrap_or_default();
        assert!(count("rows") > 20 && count("without_last_state") < count("rows") && count("without_last_state") > 0, "{read}");
        assert!(count("of_one_group") > 0 && count("of_one_group") < count("rows"), "{read}");
        assert_eq!(count("after_reset"), count("rows"));
        photograph(&browser, &page, theme);
    }
}

#[test]
fn the_report_of_a_validation_can_be_read_and_filtered() {
    let Some(browser) = Browser::find() else { return };
    let (page, manifests) = (pages().join("validation.html"), pages().join("manifests.yaml"));
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { replicas: -1, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: Web }] } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { a: c }, ports: [{ port: 80 }] }
";
    fs::write(&manifests, text).expect("writable");
    let [page_name, manifests] = [&page, &manifests].map(|path| path.display().to_string());
    windlass(&["validate", "-q", "--fail-on", "never", "--output", &page_name, &manifests]);
    let read = read(&browser, &page, Theme::Light);
    check(&read);
    let count = |name: &str| read[name].as_u64().unwrap_or_default();
    assert!(count("rows") >= 3 && count("of_one_group") > 0 && count("of_one_group") < count("rows"), "{read}");
    photograph(&browser, &page, Theme::Light);
}

/// What holds for every page.
fn check(read: &Value) {
    for what in ["faint", "fetched", "errors", "twice", "unnamed", "beyond_box", "without_scripts"] {
        assert_eq!(read[what], serde_json::json!([]), "{what}");
    }
}

fn read(browser: &Browser, page: &Path, theme: Theme) -> Value {
    let name = page.file_name().and_then(|name| name.to_str()).expect("a page has a name");
    let reader = page.with_file_name(format!("reader-{name}"));
    fs::write(&reader, READER.replace("PAGE", name)).expect("writable");
    let document = browser.document(&reader, theme).expect("the browser runs");
    let result = document.split("<pre id=\"result\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or_default();
    let result = result.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"))
}

fn photograph(browser: &Browser, page: &Path, theme: Theme) {
    let picture = page.with_extension(if theme == Theme::Dark { "dark.png" } else { "light.png" });
    browser.photograph(page, &picture, (1280, 2400), theme).expect("the browser runs");
    assert!(fs::metadata(&picture).is_ok_and(|file| file.len() > 20_000), "{}", picture.display());
    println!("photographed: {}", picture.display());
}

/// Where pages and photographs are left.
fn pages() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&directory).expect("writable");
    directory
}

/// Runs the binary on the shop.
fn windlass(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let output = command.args(arguments).current_dir(workspace().join("examples/shop")).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
