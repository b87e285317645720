//! How long to wait before another try. The `backoff` crate is the calculator and this its only caller:
//! it is computed afresh from a stored count of failures, so it survives a restart, and never sleeps.

use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

use super::clock::Millis;

/// The crate's own five parameters. Times are milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    pub initial_interval: Millis,
    pub multiplier: f64,
    /// 0.2 spreads each interval by 20 % both ways.
    pub randomization_factor: f64,
    pub max_interval: Millis,
    /// How long a delivery is tried, counted from acceptance or replay.
    pub max_elapsed: Millis,
}

impl RetryPolicy {
    /// The wait after a failure, given how many came before it; never above `cap`.
    pub fn interval(&self, failures: i64, cap: Millis) -> Millis {
        let cap = cap.max(0);
        let exponent = i32::try_from(failures.max(0)).unwrap_or(i32::MAX);
        let grown = self.initial_interval as f64 * self.multiplier.powi(exponent);
        // `min` also tames the infinity that a large exponent makes.
        let interval = Duration::from_millis(grown.min(cap as f64) as u64);
        let mut calculator = ExponentialBackoff::<backoff::SystemClock> {
            current_interval: interval,
            initial_interval: interval,
            randomization_factor: self.randomization_factor,
            multiplier: 1.0,
            max_interval: interval,
            // Its clock starts with the process; the deadline belongs to the row.
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let jittered = calculator.next_backoff().unwrap_or(interval);
        Millis::try_from(jittered.as_millis()).unwrap_or(cap).min(cap)
    }
}
