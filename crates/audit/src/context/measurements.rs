//! What was measured elsewhere and stands in a file: the sizes of images. Nothing is built here.

use windlass_source::Span;
use windlass_yaml::{Budget, Value, parse};

use super::Context;
use super::repository::Reader;

/// The file's name.
const NAME: &str = "windlass-images.yaml";

/// The measured size of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// The Dockerfile that builds it, as the file names it.
    pub dockerfile: String,
    /// Bytes; `475MB` is 475,000,000.
    pub bytes: u64,
    /// Where the size is written.
    pub span: Span,
}

impl Context {
    /// The sizes of images that the repository's `windlass-images.yaml` files say.
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }
}

/// Reads every file of measurements of the repository.
pub(super) fn load(reader: &mut Reader<'_>, context: &mut Context) {
    let paths = context.repository.files().iter().filter(|file| file.name() == NAME).map(|file| file.absolute.clone());
    for path in paths.collect::<Vec<_>>() {
        let Some(file) = reader.read(&path) else { continue };
        let parsed = parse(file, reader.sources.file(file).text(), &Budget::default());
        context.not_understood.extend(parsed.diagnostics.into_iter().filter(windlass_source::Diagnostic::is_error));
        let images = parsed.documents.first().and_then(|document| document.root.get("images")?.as_sequence());
        for image in images.into_iter().flatten() {
            let (Some(dockerfile), Some(size)) = (image.get("dockerfile").and_then(|node| node.as_str()), image.get("size")) else {
                continue;
            };
            let bytes = match &size.value {
                Value::String(text) => bytes(text),
                _ => size.as_i64().and_then(|bytes| u64::try_from(bytes).ok()),
            };
            let (Some(bytes), Some(span)) = (bytes, size.span()) else { continue };
            context.measurements.push(Measurement { dockerfile: dockerfile.to_owned(), bytes, span });
        }
    }
}

/// `475MB`, `1.2 GB`: powers of a thousand, as docker prints them.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let unit = match text[digits..].trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = text[..digits].split_once('.').unwrap_or((&text[..digits], ""));
    let fraction: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(fraction.checked_mul(unit)? / 1_000)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        assert_eq!([bytes("475MB"), bytes("1.2 GB"), bytes("12"), bytes("MB")], [Some(475_000_000), Some(1_200_000_000), Some(12), None]);
    }
}
