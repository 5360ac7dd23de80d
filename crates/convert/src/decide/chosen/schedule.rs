//! Schedules: of swarm-cronjob's labels, and the forms that cron schedules have. Ofelia's labels, which name a command of their
//! own, are services of their own (`expand`).

use smol_str::SmolStr;
use windlass_compose::model::{Duration, Labels};
use windlass_yaml::Path;

use super::{Chosen, beneath};

pub(super) fn read(chosen: &mut Chosen, labels_at: &Path, labels: &Labels) {
    let is_off = labels.get("swarm.cronjob.enable").is_some_and(|enable| enable.as_str() == "false");
    for (_, name, _) in beneath(labels, "ofelia.") {
        chosen.understood.push(labels_at.key(name));
    }
    for (label, name, value) in beneath(labels, "swarm.cronjob.") {
        let at = labels_at.key(name);
        match label {
            _ if is_off => chosen.refuse(at, "`swarm.cronjob.enable` is false"),
            "schedule" => match cron(value) {
                Some(cron) => chosen.set(|chosen| &mut chosen.schedule, cron, at),
                None => chosen.refuse(at, "it is no cron schedule that Kubernetes has"),
            },
            "skip-running" => {
                let policy = if value == "true" { "Forbid" } else { "Allow" };
                chosen.set(|chosen| &mut chosen.concurrency, policy, at);
            }
            "enable" => {
                let wish = chosen.wish((), at);
                chosen.schedule_switch = Some(wish);
            }
            "replicas" => match value.parse() {
                Ok(replicas) => chosen.set(|chosen| &mut chosen.replicas, replicas, at),
                Err(_) => chosen.refuse(at, "it is no number"),
            },
            _ => chosen.refuse(at, "a CronJob has no counterpart of it"),
        }
    }
}

/// `0 3 * * *`, or with a field of seconds before it, which Kubernetes does not have, or `@daily`, or `@every 5m`.
pub(crate) fn cron(text: &str) -> Option<SmolStr> {
    const MACROS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    let text = text.trim();
    if MACROS.contains(&text) {
        return Some(text.into());
    }
    if let Some(period) = text.strip_prefix("@every ") {
        return every(period.trim());
    }
    let mut fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if fields.len() == 6 {
        fields.remove(0);
    }
    let is_field = |field: &&str| field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*/,-?".contains(&byte));
    (fields.len() == 5 && fields.iter().all(is_field)).then(|| fields.join(" ").into())
}

/// A period that divides an hour or a day.
fn every(period: &str) -> Option<SmolStr> {
    let seconds = Duration::parse(period).ok()?.seconds();
    let minutes = (seconds % 60.0 == 0.0 && (60.0..=86_400.0).contains(&seconds)).then_some(seconds as u32 / 60)?;
    match minutes {
        1 => Some("* * * * *".into()),
        2..=59 if 60 % minutes == 0 => Some(format!("*/{minutes} * * * *").into()),
        60 => Some("@hourly".into()),
        _ if minutes % 60 == 0 && minutes < 24 * 60 && 24 % (minutes / 60) == 0 => Some(format!("0 */{} * * *", minutes / 60).into()),
        _ if minutes == 24 * 60 => Some("@daily".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_five_fields_in_a_cluster() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(cron(text).as_deref(), expected, "{text}");
        check("0 3 * * *", Some("0 3 * * *"));
        check("0 30 3 * * MON-FRI", Some("30 3 * * MON-FRI"));
        check("@daily", Some("@daily"));
        check("@every 1m", Some("* * * * *"));
        check("@every 15m", Some("*/15 * * * *"));
        check("@every 1h", Some("@hourly"));
        check("@every 6h", Some("0 */6 * * *"));
        check("@every 7m", None);
        check("@every 30s", None);
        check("hourly", None);
        check("* * *", None);
    }
}
