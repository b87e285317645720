//! The signals that end the service, in order or at once.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// Who signals a process and then its group, as `timeout` does, means one signal. Nobody types two so fast.
const ONE_SIGNAL: Duration = Duration::from_millis(100);

/// Listens for SIGTERM and SIGINT from now on, so that none ends the process out of order; what it gives resolves at the
/// first. From then on, a second one ends the process at once.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut next = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(async move {
        next().await;
        let first = Instant::now();
        tokio::spawn(async move {
            next().await;
            while first.elapsed() < ONE_SIGNAL {
                next().await;
            }
            tracing::warn!("second signal: ending at once; what is missing is done at the next start");
            std::process::exit(130);
        });
    })
}
