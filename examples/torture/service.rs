//! The service: the program itself, as cargo built it beside this one, in a folder of its own, behind the shim.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::built;
use crate::control::Control;
use crate::ledger::{End, Ledger};
use crate::robots::{ROBOTS, routes};
use crate::secrets;
use crate::wecom::Group;

/// An orderly stop takes 14 s at most.
const STOPS_WITHIN: Duration = Duration::from_secs(20);
/// What starts it again when it died.
const RESTARTED_AFTER: Duration = Duration::from_secs(1);

/// How long a failure is held back.
pub const FAILURE_GRACE: Duration = Duration::from_secs(2);

pub struct Service {
    program: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    ledger: Arc<Ledger>,
    pub address: String,
}

impl Service {
    pub fn new(
        folder: &Path,
        control: &Control,
        groups: &[Arc<Group>],
        harbor_url: &str,
        ledger: Arc<Ledger>,
    ) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        std::fs::write(folder.join("routes.toml"), routes())?;
        let own = [
            ("LD_PRELOAD", control.shim.display().to_string()),
            ("TORTURE_CONTROL", control.path.display().to_string()),
            ("LISTEN_ADDR", address.clone()),
            ("PUBLIC_URL", format!("http://{address}")),
            ("DATABASE_URL", format!("sqlite://{}", database(folder).display())),
            ("HARBOR_URL", harbor_url.to_owned()),
            ("HARBOR_USERNAME", secrets::HARBOR_USERNAME.to_owned()),
            ("HARBOR_PASSWORD", secrets::HARBOR_PASSWORD.to_owned()),
            ("HARBOR_AUTH_HEADER", secrets::HARBOR_AUTH_HEADER.to_owned()),
            ("ADMIN_TOKEN", secrets::ADMIN_TOKEN.to_owned()),
            ("READ_TOKEN", secrets::READ_TOKEN.to_owned()),
            ("FAILURE_GRACE", format!("{}s", FAILURE_GRACE.as_secs())),
        ];
        let fixed = [
            ("ROUTES_FILE", "routes.toml"),
            ("HARBOR_POLL_INTERVAL", "10s"),
            ("HARBOR_RECONCILE_DELAY", "30s"),
            ("WECOM_TIMEOUT", "3s"),
            // An outage is over soon, and nothing is given up.
            ("RETRY_INITIAL_INTERVAL", "200ms"),
            ("RETRY_MULTIPLIER", "1.5"),
            ("RETRY_MAX_INTERVAL", "5s"),
            ("RETRY_MAX_ELAPSED", "100d"),
            ("RUST_LOG", "info,harborbell=debug"),
        ];
        let fixed = fixed.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let urls = ROBOTS.iter().zip(groups).map(|(robot, group)| (format!("URL_{}", robot.name), group.url()));
        let settings = own.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(fixed).chain(urls).collect();
        Ok(Self {
            program: built::program("torture")?,
            folder: folder.to_owned(),
            settings,
            child: None,
            ledger,
            address,
        })
    }

    pub fn start(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(log(&self.folder))?;
        let child = Command::new(&self.program)
            .arg("serve")
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        self.ledger.books().starts.push(Instant::now());
        self.child = Some(child);
        Ok(())
    }

    /// Ends it, in either way.
    pub async fn end(&mut self, kill: bool) -> anyhow::Result<()> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let (at, pid) = (Instant::now(), child.id());
        let signal = if kill { "-KILL" } else { "-TERM" };
        ensure!(Command::new("kill").args([signal, &pid.to_string()]).status()?.success(), "no signal to {pid}");
        let mut end = if kill { End::Killed } else { End::Stopped };
        while child.try_wait()?.is_none() {
            if at.elapsed() > STOPS_WITHIN && end == End::Stopped {
                self.ledger.fault(format!("it did not stop within {STOPS_WITHIN:?} of SIGTERM"));
                child.kill()?;
                end = End::Killed;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.child = None;
        // Not when it was told to: what it sent before it was gone may be unrecorded.
        self.ledger.books().ends.push((Instant::now(), end));
        Ok(())
    }

    /// As systemd does: starts it again if it has ended by itself, which it may do only where its disk fails.
    pub async fn look_after(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.child.as_mut().map(Child::try_wait).transpose()?.flatten() else { return Ok(()) };
        self.child = None;
        let now = Instant::now();
        let is_excused = {
            let mut books = self.ledger.books();
            books.ends.push((now, End::Died));
            books.starts.last().is_some_and(|started| books.disk_failed(*started, now))
        };
        if !is_excused {
            self.ledger.fault(format!("it ended by itself, with {status}: see {}", log(&self.folder).display()));
        }
        tokio::time::sleep(RESTARTED_AFTER).await;
        self.start()
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub fn database(folder: &Path) -> PathBuf {
    folder.join("torture.db")
}

pub fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}
