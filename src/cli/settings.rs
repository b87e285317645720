//! Where the configuration's values come from: flags, then the environment, then `.env` or what takes its place. A secret
//! may be in a file of its own.

use clap::Args;

use super::Failure;
use crate::config::dotenv::Dotenv;
use crate::config::routes::references;
use crate::config::secrets::{self, FromFile, file_keys, is_secret};
use crate::config::{Config, Fault, KEYS, Need, misspelt};

/// What a person would type. Secrets stay out: other users of the machine can read a command line.
#[derive(Args, Default)]
pub struct Flags {
    /// LISTEN_ADDR
    #[arg(long)]
    listen_addr: Option<String>,
    /// PUBLIC_URL
    #[arg(long)]
    public_url: Option<String>,
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
            ("PUBLIC_URL", &self.public_url),
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

/// The configuration, and what may be wrong with it.
pub fn load(flags: &Flags, need: Need) -> Result<(Config, Vec<Fault>), Failure> {
    let dotenv = Dotenv::read().map_err(Failure::Faults)?;
    let (mut values, mut faults, mut environment) = (dotenv.values.clone(), Vec::new(), Vec::new());
    // All of it, because ROUTES_FILE may refer to any variable.
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        environment.push(name.clone());
        match value.into_string() {
            Ok(value) => _ = values.insert(name, value),
            Err(_) if KEYS.iter().any(|key| key.name == name) || file_keys([]).contains(&name) => {
                faults.push(Fault { key: name, problem: "is not UTF-8".into() });
            }
            Err(_) => {}
        }
    }
    values.extend(flags.values().map(|(key, value)| (key.to_owned(), value.clone())));
    let used = references(&values);
    let read = secrets::read(&mut values, &file_keys(&used));
    let doubts = [dotenv.doubts(&used), misspelt(&environment, &values, &used), read.doubts].concat();
    faults.extend(read.faults);
    let config = Config::load_for(need, &values, faults).map_err(|faults| {
        let faults = faults.into_iter().map(|fault| placed(fault, &read.files));
        Failure::Faults(faults.chain(doubts.clone()).collect())
    })?;
    let mut set: Vec<_> =
        values.iter().filter(|(name, value)| is_secret(name, value, &used)).map(|(name, _)| name).collect();
    set.sort_unstable();
    let place = |name: &str| {
        let file = read.files.iter().find(|file| file.name == name);
        file.map_or_else(|| variable(name, flags, dotenv.file.map(|file| file.name)), |file| file.place.clone())
    };
    let secrets_from = set.into_iter().map(|name| (name.clone(), place(name))).collect();
    Ok((Config { file: dotenv.file, secrets_from, ..config }, doubts))
}

/// A fault of a value by the name of what has it.
fn placed(fault: Fault, files: &[FromFile]) -> Fault {
    match files.iter().find(|file| file.name == fault.key) {
        Some(file) => Fault { key: file.key.clone(), ..fault },
        None => fault,
    }
}

/// Where a variable was set.
fn variable(name: &str, flags: &Flags, file: Option<&str>) -> String {
    if flags.values().any(|(key, _)| key == name) {
        return "the command line".to_owned();
    }
    file.filter(|_| std::env::var_os(name).is_none()).unwrap_or("the environment").to_owned()
}

/// One secret, whatever is wrong with the others: of the environment or else of `.env`, or of its file.
pub fn secret(name: &str) -> Result<Option<String>, Failure> {
    let names = [name, &format!("{name}_FILE"), "CREDENTIALS_DIRECTORY"];
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).or_else(|| dotenv_value(name));
    let mut values = names.iter().filter_map(|name| Some(((*name).to_owned(), given(name)?))).collect();
    let read = secrets::read(&mut values, &[format!("{name}_FILE")]);
    if read.faults.is_empty() { Ok(values.remove(name)) } else { Err(Failure::Faults(read.faults)) }
}

/// One value, of the environment or else of `.env`, whatever is wrong with the others.
pub fn value(name: &str) -> Option<String> {
    std::env::var(name).ok().or_else(|| dotenv_value(name))
}

/// A value of `.env` alone. On a build agent that file may be another program's, so what is wrong with it is passed
/// over.
fn dotenv_value(name: &str) -> Option<String> {
    Dotenv::read().ok()?.values.remove(name)
}
