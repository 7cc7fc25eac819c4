//! Work on many files by several threads, its results in the order of the files.

use std::convert::Infallible;
use std::sync::mpsc;
use std::thread;

/// Items a thread takes at a time: handing over each result by itself costs more than many a report.
const BATCH: usize = 32;
/// A thread hands over what it has as soon as its results weigh so many bytes.
const BATCH_BYTES: u64 = 1 << 20;
/// Parcels a thread may be ahead of the one that is taken next. With `BATCH_BYTES` it bounds memory.
const AHEAD: usize = 2;
/// Threads beyond this wait for the disk and for whoever takes the results.
const MAX_THREADS: usize = 16;

/// Does `work` on every item by up to `threads` threads, and hands the results to `take`, on this thread and in the
/// order of the items. `weigh` says about how many bytes a result waits with.
///
/// # Errors
/// The first of `take`; what is still to do is left.
pub fn in_order<T: Sync, R: Send, E>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    weigh: impl Fn(&R) -> u64 + Sync,
    take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    in_order_by(threads.min(MAX_THREADS).min(items.len().div_ceil(BATCH)), items, work, weigh, take)
}

fn in_order_by<T: Sync, R: Send, E>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    weigh: impl Fn(&R) -> u64 + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if threads < 2 {
        return items.iter().try_for_each(|item| take(work(item)));
    }
    let (work, weigh) = (&work, &weigh);
    thread::scope(|scope| {
        // Thread n has the batches n, n + threads, n + 2 threads …: whose turn it is needs no lock.
        let threads: Vec<_> = (0..threads)
            .map(|first| {
                let (give, parcels) = mpsc::sync_channel(AHEAD);
                let work_on = move || {
                    for batch in items.chunks(BATCH).skip(first).step_by(threads) {
                        let (mut parcel, mut bytes) = (Vec::with_capacity(batch.len()), 0_u64);
                        for (at, item) in batch.iter().enumerate() {
                            let result = work(item);
                            bytes = bytes.saturating_add(weigh(&result));
                            parcel.push(result);
                            if bytes < BATCH_BYTES && at + 1 < batch.len() {
                                continue;
                            }
                            bytes = 0;
                            if give.send(std::mem::take(&mut parcel)).is_err() {
                                return;
                            }
                        }
                    }
                };
                // One that the system refuses is done without.
                thread::Builder::new().spawn_scoped(scope, work_on).ok().map(|_| parcels)
            })
            .collect();
        for (batch, parcels) in items.chunks(BATCH).zip(threads.iter().cycle()) {
            let Some(parcels) = parcels else {
                batch.iter().try_for_each(|item| take(work(item)))?;
                continue;
            };
            let mut left = batch.len();
            while left > 0 {
                // A thread that is gone has panicked; the scope passes that on.
                let Ok(parcel) = parcels.recv() else { return Ok(()) };
                left -= parcel.len();
                parcel.into_iter().try_for_each(&mut take)?;
            }
        }
        Ok(())
    })
}

/// `work` done on every item by up to `threads` threads.
pub fn map<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut results = Vec::with_capacity(items.len());
    let take = |result| -> Result<(), Infallible> {
        results.push(result);
        Ok(())
    };
    match in_order(threads, items, work, |_| 0, take) {
        Ok(()) => results,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for len in [0, 1, 31, 32, 33, 1_000] {
            let items: Vec<usize> = (0..len).collect();
            let doubled: Vec<usize> = (0..len).map(|n| n * 2).collect();
            assert_eq!(map(2, &items, |n| n * 2), doubled);
            for (threads, bytes) in [(1, 0), (2, 0), (7, 0), (2, BATCH_BYTES / 3), (7, u64::MAX)] {
                let mut taken = Vec::new();
                let take = |n| -> Result<(), ()> {
                    taken.push(n);
                    Ok(())
                };
                let all = in_order_by(threads, &items, |n| n * 2, |_| bytes, take);
                assert_eq!((all, &taken), (Ok(()), &doubled), "{threads} threads, {bytes} bytes each");
            }
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let items: Vec<usize> = (0..1_000).collect();
        for threads in [1, 2, 7] {
            let take = |n| if n < 20 { Ok(()) } else { Err(n) };
            assert_eq!(in_order_by(threads, &items, |n| *n, |_| 0, take), Err(20));
        }
    }
}
