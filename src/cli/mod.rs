//! The command line: what an operator types. Each command is a short way to a verb that exists elsewhere.

mod arguments;
mod backup;
mod change;
mod check;
mod check_harbor;
mod connect;
mod copy;
mod deliveries;
mod export;
mod fitted;
mod health;
mod output;
mod packaging;
mod payload;
mod preview;
mod prune;
mod route;
mod settings;
mod systemd;
mod user;
mod whereabouts;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use crate::config::{Config, EXIT_CODE, Fault, Need};
use crate::model::clock::Clock;
use crate::model::delivery::Verb;
use crate::model::version::VERSION;
use crate::serve::{Reload, Service, stop_signal};
use crate::{demo, telemetry};
use output::remark;

#[derive(Parser)]
#[command(
    name = "harborbell",
    version = VERSION,
    about = "Tells WeCom groups when Harbor has finished replicating an image, and loses nothing on the way."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Receive Harbor's webhooks and notify WeCom, until stopped
    Serve(settings::Flags),
    /// See it work: the real service, a stand-in for WeCom, Harbor's payloads
    Demo {
        /// Where the demo can be called meanwhile
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen_addr: SocketAddr,
    },
    /// List deliveries, newest first
    List(arguments::ListArgs),
    /// Show one delivery: its event, every attempt, the message as it would be sent now
    Show {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Send finished deliveries again
    Replay(arguments::ChangeArgs),
    /// End deliveries that wait, so that they are not sent
    Discard(arguments::ChangeArgs),
    /// Say whether an image has arrived; exit code 0 arrived, 3 failed, 4 not seen
    Where(whereabouts::Arguments),
    /// Show who would be notified of a payload of Harbor, by which route, and what they would read
    Route {
        /// A file, or - for standard input
        file: String,
        #[arg(long)]
        json: bool,
    },
    /// Show the message that a payload of Harbor makes; several payloads in one file make a digest
    Preview {
        /// A file, or - for standard input
        file: String,
    },
    /// Copy everything from one database to another that is empty, such as from SQLite to PostgreSQL
    Copy(copy::Arguments),
    /// Copy the database to a new file, also while the service runs; for SQLite
    Backup {
        /// What is there already is not overwritten
        file: PathBuf,
    },
    /// Remove what ended longer ago than RETENTION, as the service does every hour
    Prune(prune::Arguments),
    /// Make or correct the webhooks of Harbor's projects
    Connect(connect::Arguments),
    /// Say whether the service is ready; exit code 0 ready, 1 not
    Health(health::Arguments),
    /// Print what makes a shell complete commands and flags
    Completions { shell: clap_complete::Shell },
    /// Write the manual's pages, for packages
    #[command(hide = true)]
    Man { folder: PathBuf },
    /// Check configuration, database, port, robots and Harbor
    Check {
        /// Send a test message, in each robot's next slot
        #[arg(long)]
        ping: bool,
        /// Only read the configuration, and show robots and routes
        #[arg(long, conflicts_with = "ping")]
        routes: bool,
        #[arg(long)]
        json: bool,
    },
}

/// Why a command ends without success.
enum Failure {
    Faults(Vec<Fault>),
    Usage(String),
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

type CommandResult = Result<ExitCode, Failure>;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(Failure::Other(error.into())),
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(report);
    // Else it would wait for a name server that does not answer, long after everything else has stopped.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> CommandResult {
    match command {
        Command::Serve(flags) => serve(flags).await,
        Command::Demo { listen_addr } => {
            // The story is on standard output; only its troubles are logged.
            telemetry::start(crate::config::LogFormat::Text, "error");
            demo::run(listen_addr).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::List(arguments) => deliveries::list(&config_of_database()?, arguments).await,
        Command::Show { id, json } => deliveries::show(&config_of_database()?, &id, json).await,
        Command::Replay(arguments) => change::change(&config_of_database()?, Verb::Replay, arguments).await,
        Command::Discard(arguments) => change::change(&config_of_database()?, Verb::Discard, arguments).await,
        Command::Where(arguments) => whereabouts::run(arguments).await,
        Command::Preview { file } => preview::preview(&config()?, &file),
        Command::Copy(arguments) => copy::copy(arguments).await,
        // Root opens the database as root, to write elsewhere; SQLite gives the files beside it to their owner.
        Command::Backup { file } => backup::backup(&config()?, &file).await,
        Command::Prune(arguments) => prune::prune(&config_of_database()?, arguments).await,
        Command::Connect(arguments) => connect::connect(&config()?, arguments).await,
        Command::Route { file, json } => route::route(&config()?, &file, json),
        Command::Health(arguments) => health::health(arguments).await,
        Command::Completions { shell } => packaging::completions(shell),
        Command::Man { folder } => packaging::man(&folder),
        Command::Check { routes: true, json, .. } => route::show(&config_with(Need::Robots)?, json),
        Command::Check { ping, json, .. } => check::check(&owned(config_with(Need::Serving)?)?, ping, json).await,
    }
}

async fn serve(flags: settings::Flags) -> CommandResult {
    let (config, doubts) = settings::load(&flags, Need::Serving)?;
    telemetry::start(config.log_format, &config.log_filter);
    warn_of(&doubts);
    user::act_as_owner(&config.database_url, config.file)?;
    // From here on no signal ends it out of order.
    let (hangups, stop) = (signal(SignalKind::hangup())?, stop_signal()?);
    tokio::pin!(stop);
    let service = tokio::select! {
        started = systemd::while_starting(Service::start(&config, Clock::System)) => started?,
        () = &mut stop => return Ok(ExitCode::SUCCESS),
    };
    tracing::info!(version = VERSION, address = %service.addr(), "harborbell is ready for webhooks");
    let status = format!("Ready for webhooks on {}", service.addr());
    systemd::ready(&status);
    tokio::spawn(systemd::feed_watchdog(service.heartbeats()));
    tokio::spawn(reload(flags, hangups, service.reloader(), status));
    service.run_until(stop.inspect(|()| systemd::stopping())).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Reads the configuration again at each SIGHUP. Robots and routes apply at once; a faulty one changes nothing.
async fn reload(flags: settings::Flags, mut hangups: Signal, reloader: mpsc::Sender<Reload>, status: String) {
    while hangups.recv().await.is_some() {
        systemd::reloading();
        let faults = match settings::load(&flags, Need::Robots) {
            Ok((config, doubts)) => {
                warn_of(&doubts);
                let (applied, applies) = oneshot::channel();
                if reloader.send((config.routing, applied)).await.is_err() {
                    return;
                }
                let _ = applies.await;
                Vec::new()
            }
            Err(Failure::Faults(faults)) => faults,
            Err(_) => Vec::new(),
        };
        for fault in &faults {
            tracing::error!(%fault, "the configuration was read again and is wrong; the earlier one stays active");
        }
        let wrong = if faults.is_empty() { "" } else { "; what was read again is wrong, and the log says why" };
        systemd::ready(&format!("{status}{wrong}"));
    }
}

fn warn_of(doubts: &[Fault]) {
    for doubt in doubts {
        tracing::warn!("{doubt}");
    }
}

fn config() -> Result<Config, Failure> {
    config_with(Need::Nothing)
}

fn config_with(need: Need) -> Result<Config, Failure> {
    let (config, doubts) = settings::load(&settings::Flags::default(), need)?;
    telemetry::start(config.log_format, "warn");
    for doubt in doubts {
        remark(format_args!("harborbell: {doubt}"));
    }
    Ok(config)
}

/// For a command that opens the database: from here on root acts as its owner.
fn config_of_database() -> Result<Config, Failure> {
    owned(config()?)
}

fn owned(config: Config) -> Result<Config, Failure> {
    user::act_as_owner(&config.database_url, config.file)?;
    Ok(config)
}

fn report(failure: Failure) -> ExitCode {
    match failure {
        Failure::Faults(faults) => {
            remark("harborbell: the configuration is wrong:");
            for fault in faults {
                remark(format_args!("  {fault}"));
            }
            ExitCode::from(EXIT_CODE)
        }
        Failure::Usage(text) => {
            remark(format_args!("harborbell: {text}"));
            ExitCode::from(EXIT_CODE)
        }
        Failure::Other(error) => {
            remark(format_args!("harborbell: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
