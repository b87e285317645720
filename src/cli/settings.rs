//! Where the configuration's values come from: flags, then the environment, then `.env`.

use std::collections::HashMap;

use clap::Args;

use super::Failure;
use crate::config::{Config, Fault, KEYS};

/// What a person would type. Secrets stay out: other users of the machine can read a command line.
#[derive(Args, Default)]
pub struct Flags {
    /// LISTEN_ADDR
    #[arg(long)]
    listen_addr: Option<String>,
    /// DATABASE_URL
    #[arg(long)]
    database_url: Option<String>,
    /// WECOM_BASE_URL
    #[arg(long)]
    wecom_base_url: Option<String>,
    /// WECOM_RATE_PER_MINUTE
    #[arg(long)]
    wecom_rate_per_minute: Option<String>,
    /// HARBOR_URL
    #[arg(long)]
    harbor_url: Option<String>,
    /// ROUTES_FILE
    #[arg(long)]
    routes_file: Option<String>,
    /// FAILURE_GRACE
    #[arg(long)]
    failure_grace: Option<String>,
    /// MESSAGE_LANGUAGE
    #[arg(long)]
    message_language: Option<String>,
    /// MESSAGE_TEMPLATE
    #[arg(long)]
    message_template: Option<String>,
    /// TIMEZONE
    #[arg(long)]
    timezone: Option<String>,
    /// LOG_FORMAT
    #[arg(long)]
    log_format: Option<String>,
}

impl Flags {
    fn values(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let flags = [
            ("LISTEN_ADDR", &self.listen_addr),
            ("DATABASE_URL", &self.database_url),
            ("WECOM_BASE_URL", &self.wecom_base_url),
            ("WECOM_RATE_PER_MINUTE", &self.wecom_rate_per_minute),
            ("HARBOR_URL", &self.harbor_url),
            ("ROUTES_FILE", &self.routes_file),
            ("FAILURE_GRACE", &self.failure_grace),
            ("MESSAGE_LANGUAGE", &self.message_language),
            ("MESSAGE_TEMPLATE", &self.message_template),
            ("TIMEZONE", &self.timezone),
            ("LOG_FORMAT", &self.log_format),
        ];
        flags.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }
}

pub fn load(flags: &Flags) -> Result<Config, Failure> {
    let mut values = dotenv()?;
    // All of it, because ROUTES_FILE may refer to any variable.
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => _ = values.insert(name, value),
            Err(_) if KEYS.iter().any(|key| key.name == name) => return Err(fault(&name, "is not UTF-8")),
            Err(_) => {}
        }
    }
    values.extend(flags.values().map(|(key, value)| (key.to_owned(), value.clone())));
    Config::load(&values).map_err(Failure::Faults)
}

fn dotenv() -> Result<HashMap<String, String>, Failure> {
    let lines = match dotenvy::from_path_iter(".env") {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(HashMap::new()),
        Err(error) => return Err(fault(".env", &format!("cannot be read: {error}"))),
    };
    let mut values = HashMap::new();
    for (number, line) in lines.enumerate() {
        // The library's own error repeats the line, and the line may hold the robot's key.
        let (key, value) = line.map_err(|_| {
            fault(".env", &format!("entry {} is not KEY=value; quote a value that has blanks or # in it", number + 1))
        })?;
        values.insert(key, value);
    }
    Ok(values)
}

fn fault(key: &str, problem: &str) -> Failure {
    Failure::Faults(vec![Fault { key: key.to_owned(), problem: problem.to_owned() }])
}
