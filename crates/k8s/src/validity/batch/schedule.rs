//! Cron schedules: five fields, or a word with `@`. Messages are those of the reader that the API server uses.

/// Limits of the fields: minute, hour, day of the month, month, day of the week.
const LIMITS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Says what is wrong with a schedule.
pub(super) fn check(schedule: &str) -> Result<(), String> {
    if let Some(word) = schedule.strip_prefix('@') {
        return descriptor(word, schedule);
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (index, field) in fields.into_iter().enumerate() {
        for part in field.split(',').filter(|part| !part.is_empty()) {
            range(part, index)?;
        }
    }
    Ok(())
}

fn descriptor(word: &str, schedule: &str) -> Result<(), String> {
    if let Some(duration) = word.strip_prefix("every ") {
        let is_duration = duration.ends_with(['h', 'm', 's'])
            && duration.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            && duration.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | 'h' | 'm' | 's' | 'u' | 'n' | 'µ'));
        return if is_duration { Ok(()) } else { Err(format!("failed to parse duration {schedule}: time: invalid duration {duration:?}")) };
    }
    match word {
        "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => Ok(()),
        _ => Err(format!("unrecognized descriptor: {schedule}")),
    }
}

fn range(part: &str, field: usize) -> Result<(), String> {
    let (low, high) = LIMITS[field];
    let (span, step) = match part.split_once('/') {
        Some((_, step)) if step.contains('/') => return Err(format!("too many slashes: {part}")),
        Some((span, step)) => (span, Some(step)),
        None => (part, None),
    };
    let (first, last) = match span.split_once('-') {
        _ if matches!(span, "*" | "?") => (low, high),
        Some((_, last)) if last.contains('-') => return Err(format!("too many hyphens: {part}")),
        Some((first, last)) => (number(first, field)?, number(last, field)?),
        None => {
            let value = number(span, field)?;
            // `5/10` is `5-59/10`.
            (value, if step.is_some() { high } else { value })
        }
    };
    if let Some(step) = step
        && digits(step)? == 0
    {
        return Err(format!("step of range should be a positive number: {part}"));
    }
    if first < low {
        return Err(format!("beginning of range ({first}) below minimum ({low}): {part}"));
    }
    if last > high {
        return Err(format!("end of range ({last}) above maximum ({high}): {part}"));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {part}"));
    }
    Ok(())
}

fn number(text: &str, field: usize) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let position = |names: &[&str]| names.iter().position(|name| *name == lower).and_then(|at| u32::try_from(at).ok());
    match field {
        3 if let Some(at) = position(&MONTHS) => Ok(at + 1),
        4 if let Some(at) = position(&DAYS) => Ok(at),
        _ => digits(text),
    }
}

fn digits(text: &str) -> Result<u32, String> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Some(negative) = text.strip_prefix('-').and_then(|digits| digits.parse::<u32>().ok()) {
        return Err(format!("negative number (-{negative}) not allowed: {text}"));
    }
    let is_number = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    let value = if is_number { unsigned.parse().ok() } else { None };
    value.ok_or_else(|| format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn schedules_are_those_of_cron_with_five_fields() {
        for right in ["0 2 * * *", "*/5 * * * *", "0-30/10 1,2 1 jan MON-fri", "@hourly", "@every 1h30m", "5/10 * ? * *", "0 0 1 */2 0"] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for (wrong, message) in [
            ("0 2 * *", "expected exactly 5 fields, found 4: [0 2 * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("@never", "unrecognized descriptor: @never"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ] {
            assert_eq!(check(wrong), Err(message.to_owned()), "{wrong}");
        }
    }
}
