//! The real program, with the recorder in it or without, and those with whom it speaks: Harbor and WeCom.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use serde::Deserialize;
use tokio::task::{JoinHandle, block_in_place};
use tokio_util::sync::CancellationToken;

use crate::log::{Mark, Marker};

/// No robot is there.
pub const NOWHERE: &str = "http://127.0.0.1:9/send?key=none-at-all";
/// What each version of a webhook begins with.
pub const VERSION: &str = "cut-";
const KEY: &str = "00000000-fake-fake-fake-000000000000";

/// The program, and what is loaded into it where it is recorded.
pub struct Tools {
    pub program: PathBuf,
    pub recorder: PathBuf,
}

/// How a process is started: in a folder, recorded or not.
pub struct Environment<'a> {
    pub tools: &'a Tools,
    pub folder: &'a Path,
    pub database: &'a str,
    pub robot: String,
    pub log: Option<Marker>,
}

impl Environment<'_> {
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tools.program);
        command
            .args(arguments)
            .current_dir(self.folder)
            .env_clear()
            .env("DATABASE_URL", format!("sqlite://{}", self.folder.join(self.database).display()))
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("WECOM_WEBHOOK_URL", &self.robot)
            .env("WECOM_RATE_PER_MINUTE", "0");
        if let Some(log) = &self.log {
            let recorded = [("LD_PRELOAD", &*self.tools.recorder), ("POWER_CUTS_FOLDER", self.folder)];
            command.envs(recorded).env("POWER_CUTS_LOG", &log.path);
        }
        command
    }

    /// Runs a command to its end, which must be good.
    pub fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> anyhow::Result<String> {
        let output = block_in_place(|| self.command(arguments).envs(settings.iter().copied()).output())?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?} fails: {said}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts the service and waits until it is ready.
    pub fn serve(&self) -> anyhow::Result<Service> {
        let child = self.command(&["serve"]).stderr(Stdio::piped()).spawn()?;
        let mut service = Service { child, url: String::new() };
        let mut lines = BufReader::new(service.child.stderr.take().context("its log")?).lines();
        let mut said = String::new();
        loop {
            let Some(line) = block_in_place(|| lines.next()).transpose()? else {
                bail!("the service does not start:\n{said}")
            };
            if let Some((_, rest)) = line.split_once("address=").filter(|_| line.contains("ready for webhooks")) {
                let address = rest.split_whitespace().next().unwrap_or_default();
                service.url = format!("http://{address}/webhook/harbor");
                break;
            }
            said = said + &line + "\n";
        }
        // Nobody reads the rest, and it must not block.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(service)
    }
}

pub struct Service {
    child: Child,
    url: String,
}

impl Service {
    /// As `systemctl stop` does.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(sent.success(), "the service cannot be told to stop");
        ensure!(block_in_place(|| self.child.wait())?.success(), "the service ended with an error");
        Ok(())
    }
}

/// As `kill -9` does.
impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Deserialize)]
struct Answer {
    event_id: Option<String>,
}

/// Harbor: so many senders at once, each with one webhook after the other, until each has sent so many or all are stopped.
pub struct Load {
    senders: Vec<JoinHandle<anyhow::Result<usize>>>,
    stop: CancellationToken,
}

impl Load {
    pub fn start(service: &Service, name: &str, senders: usize, each: usize, log: &Marker) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let stop = CancellationToken::new();
        let senders = (0..senders).map(|sender| {
            let (client, url, log, stop) = (client.clone(), service.url.clone(), log.clone(), stop.clone());
            let name = format!("{VERSION}{name}-{sender}");
            tokio::spawn(async move {
                for number in 0..each {
                    if stop.is_cancelled() {
                        return Ok(number);
                    }
                    let version = format!("{name}-{number}");
                    let body = payload(&version, number * 577 % 9_000);
                    // As Harbor does it: what gets 503 is sent again, and is stored where that is a duplicate.
                    let answer = loop {
                        let answer = client.post(&url).body(body.clone()).send().await?;
                        if answer.status().is_success() {
                            break answer.json::<Answer>().await?;
                        }
                    };
                    log.mark(&Mark::Accepted { version, event_id: answer.event_id })?;
                }
                Ok(each)
            })
        });
        Ok(Self { senders: senders.collect(), stop })
    }

    /// Waits for what each was to send.
    pub async fn done(self) -> anyhow::Result<usize> {
        let mut sent = 0;
        for sender in self.senders {
            sent += sender.await??;
        }
        Ok(sent)
    }

    pub async fn stop(self) -> anyhow::Result<usize> {
        self.stop.cancel();
        self.done().await
    }
}

/// A webhook about one version, with so many bytes that nobody reads.
pub fn payload(version: &str, bytes: usize) -> String {
    let replication = Replication {
        repository: "mars/mars-api",
        references: &[version],
        registry: ("aliyun-acr", "阿里仓"),
        succeeded: true,
        execution: 1_795_600_000,
    };
    let mut payload = replication.payload();
    payload["operator"] = "x".repeat(bytes).into();
    payload.to_string()
}

/// WeCom.
pub struct Group {
    standin: Arc<Standin>,
    marking: Option<JoinHandle<()>>,
}

impl Group {
    /// Marks each message that it receives, if there is a log to do so.
    pub async fn start(log: Option<Marker>) -> anyhow::Result<Self> {
        let standin = Arc::new(Standin::start(KEY, None).await?);
        standin.answer_after(Duration::from_millis(5));
        let of = standin.clone();
        let mark = |log: Marker| async move {
            for number in 0.. {
                of.until(|seen, _| seen.len() > number).await;
                let versions = versions(&of.seen()[number].body);
                log.mark(&Mark::Received(versions)).expect("the log can be written");
            }
        };
        Ok(Self { marking: log.map(|log| tokio::spawn(mark(log))), standin })
    }

    pub fn url(&self) -> String {
        self.standin.url()
    }

    /// Waits until it has received messages about all of these.
    pub async fn has_received(&self, wanted: &HashSet<&String>) {
        let is_left = |received: &HashSet<String>| wanted.iter().any(|version| !received.contains(*version));
        self.standin.until(|seen, _| !is_left(&seen.iter().flat_map(|seen| versions(&seen.body)).collect())).await;
    }

    /// The versions in the messages that it has received.
    pub fn received(&self) -> Vec<String> {
        self.standin.seen().iter().flat_map(|seen| versions(&seen.body)).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(marking) = &self.marking {
            marking.abort();
        }
    }
}

/// Each version stands whole in a code span.
fn versions(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).filter(|span| span.starts_with(VERSION)).map(str::to_owned).collect()
}
