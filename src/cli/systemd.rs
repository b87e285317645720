//! What systemd is told of the service, by the protocol of sd_notify(3): that it is ready, reads its configuration again
//! or stops, and that its lanes move. Where systemd does not ask for it, nothing is said.

use std::time::{Duration, Instant};

use sd_notify::NotifyState::{self, ExtendTimeoutUsec, Ready, Reloading, Status, Stopping, Watchdog};
use sd_notify::{notify, watchdog_enabled};
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
    if let Err(error) = notify(what) {
        tracing::warn!(%error, "systemd cannot be told how the service is");
    }
}
