//! Chance that a seed repeats: SplitMix64.

use std::ops::Range;

pub struct Random(u64);

impl Random {
    /// Each subject has its own, so that none depends on how often another one was asked.
    pub fn of(seed: u64, subject: &str) -> Self {
        subject.bytes().fold(Self(seed), |random, byte| Self(random.0.rotate_left(7) ^ u64::from(byte)).stirred())
    }

    fn stirred(mut self) -> Self {
        self.next();
        self
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.within(0..many) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.within(0..from.len() as u64) as usize]
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.within(0..at as u64 + 1) as usize);
        }
    }

    /// For somebody who asks at times of his own.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
