//! What systemd is told of the service, by the protocol of sd_notify(3): that it is ready, reads its configuration again
//! or stops, and that its lanes move. Where systemd does not ask for it, nothing is said.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use sd_notify::NotifyState::{self, ExtendTimeoutUsec, Ready, Reloading, Status, Stopping, Watchdog};
use sd_notify::watchdog_enabled;
use tokio::time::{interval, interval_at};

use crate::lane::heartbeat::Heartbeats;

/// A start may take longer than systemd expects, because a large database is migrated.
const SAY_THAT_IT_STARTS_EVERY: Duration = Duration::from_secs(5);
const STARTS_WITHIN_MICROSECONDS: u32 = 60_000_000;

/// Says so while the service starts, so that a migration is not cut short and begun again.
pub async fn while_starting<T>(start: impl Future<Output = T>) -> T {
    tokio::pin!(start);
    let mut again = interval(SAY_THAT_IT_STARTS_EVERY);
    loop {
        tokio::select! {
            started = &mut start => return started,
            _ = again.tick() => {
                tell(&[ExtendTimeoutUsec(STARTS_WITHIN_MICROSECONDS), Status("Starting; a migration may take long")]);
            }
        }
    }
}

/// `status` is what `systemctl status` shows.
pub fn ready(status: &str) {
    tell(&[Ready, Status(status)]);
}

pub fn reloading() {
    // Without the time, newer versions would not take the READY behind it for its end.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[Reloading, now]),
        Err(error) => tracing::warn!(%error, "the system says no time"),
    }
}

pub fn stopping() {
    tell(&[Stopping, Status("A message in flight is finished first")]);
}

/// Feeds systemd's watchdog while all lanes move. What ends the process otherwise is systemd.
pub async fn feed_watchdog(heartbeats: Heartbeats) {
    let Some(limit) = watchdog_enabled().filter(|limit| !limit.is_zero()) else { return };
    let mut again = interval_at(tokio::time::Instant::now(), limit / 2);
    loop {
        again.tick().await;
        let missing = heartbeats.missing(Instant::now());
        if missing.is_empty() {
            tell(&[Watchdog]);
        } else {
            let robots = missing.join(" ");
            tracing::error!(
                robots,
                "lanes do not move by a fault of the program; systemd is to restart it; please report it"
            );
            tell(&[Status(&format!("Lanes do not move: {robots}"))]);
        }
    }
}

fn tell(what: &[NotifyState<'_>]) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()) else { return };
    if let Err(error) = send(socket.as_bytes(), &lines(what)) {
        tracing::warn!(%error, "systemd cannot be told how the service is");
    }
}

fn lines(what: &[NotifyState<'_>]) -> String {
    what.iter().map(|one| format!("{one}\n")).collect()
}

/// Waits for nobody: a receiver that does not read must not hold up the service. The crate would wait, and would take a
/// socket of the abstract namespace, `@…`, for a file.
fn send(socket: &[u8], text: &str) -> std::io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(text.as_bytes(), &address(socket)?)?;
    Ok(())
}

fn address(socket: &[u8]) -> std::io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let [b'@', name @ ..] = socket {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(OsStr::from_bytes(socket))
}
