//! How wide a text is when it is drawn. Which font draws it is not known, so this is the width in a wide one (DejaVu Sans); in others a
//! text is up to a fifth narrower.

/// Advance widths of the characters from U+0020 to U+007E, in hundredths of the size.
#[rustfmt::skip]
static REGULAR: [u8; 95] = [
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];
#[rustfmt::skip]
static BOLD: [u8; 95] = [
    35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 40, 40, 84, 84, 84, 59, 100, 78, 77, 74, 84, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 86,
    74, 86, 78, 73, 69, 82, 78, 111, 78, 73, 73, 46, 37, 46, 84, 50, 50, 68, 72, 60, 72, 68, 44, 72,
    72, 35, 35, 67, 35, 105, 72, 69, 72, 72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72, 37, 72, 84,
];

/// How a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Font {
    /// Its size in pixels.
    pub(crate) size: f64,
    pub(crate) bold: bool,
}

impl Font {
    /// The width of `text` in pixels.
    pub(crate) fn width(self, text: &str) -> f64 {
        let hundredths: u32 = text.chars().map(|character| self.advance(character)).sum();
        f64::from(hundredths) * self.size / 100.0
    }

    fn advance(self, character: char) -> u32 {
        let table = if self.bold { &BOLD } else { &REGULAR };
        let at = (character as usize).checked_sub(0x20);
        match at.and_then(|at| table.get(at)) {
            Some(advance) => u32::from(*advance),
            // Letters of other alphabets are narrower, ideographs and emoji are as wide as they are high.
            None if (character as u32) < 0x1100 => 90,
            None => 130,
        }
    }

    /// `text`, or as much of it as has room in `width`: its end is kept when `end`, else its start.
    pub(crate) fn fit(self, text: &str, width: f64, end: bool) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let mut left = width - self.width("…");
        let mut has_room = |character: &char| {
            left -= f64::from(self.advance(*character)) * self.size / 100.0;
            left >= 0.0
        };
        if end {
            let kept: Vec<char> = text.chars().rev().take_while(&mut has_room).collect();
            std::iter::once('…').chain(kept.into_iter().rev()).collect()
        } else {
            text.chars().take_while(&mut has_room).chain(['…']).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_to_its_room() {
        let font = Font { size: 10.0, bold: false };
        assert_eq!(font.fit("short", 100.0, false), "short");
        for end in [false, true] {
            let cut = font.fit("registry.example.com/team/service:1.2.3", 100.0, end);
            assert!(font.width(&cut) <= 100.0 && cut.contains('…'), "{cut}");
        }
        assert_eq!(font.fit("abcdefghij", 30.0, true), "…hij");
        assert_eq!(font.fit("名名名名", 30.0, false), "名…");
    }
}
