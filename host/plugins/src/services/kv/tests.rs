//! What plugins keep, under a clock that the test turns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;

/// A store and its clock's milliseconds.
fn store() -> (Store, Arc<AtomicU64>) {
    let (start, turned) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let clock = Arc::clone(&turned);
    let now = move || start + Duration::from_millis(clock.load(Ordering::SeqCst));
    (Store::new(Arc::new(now)), turned)
}

fn name(name: &str) -> PluginName {
    PluginName::new(name).unwrap()
}

const SECOND: Option<Duration> = Some(Duration::from_secs(1));

#[test]
fn each_plugin_has_its_own_and_it_outlives_a_swap() {
    let store = Store::default();
    let (a, b) = (store.of(&name("a"), QUOTA), store.of(&name("b"), QUOTA));
    a.set("k", "1", None).unwrap();
    assert_eq!((a.get("k").as_deref(), b.get("k")), (Some("1"), None));
    drop(a);
    let swapped = store.of(&name("a"), QUOTA);
    assert_eq!(swapped.get("k").as_deref(), Some("1"));
    swapped.delete("k");
    swapped.delete("k");
    assert_eq!(swapped.get("k"), None);
}

#[test]
fn a_value_is_there_until_its_time_and_not_longer() {
    let (store, turned) = store();
    let kv = store.of(&name("a"), QUOTA);
    kv.set("k", "1", SECOND).unwrap();
    kv.set("now", "1", Some(Duration::ZERO)).unwrap();
    kv.set("ever", "1", Some(Duration::MAX)).unwrap();
    assert_eq!(kv.get("now"), None);
    turned.store(999, Ordering::SeqCst);
    assert_eq!(kv.get("k").as_deref(), Some("1"));
    turned.store(1000, Ordering::SeqCst);
    assert_eq!((kv.get("k"), kv.get("ever").as_deref()), (None, Some("1")));
    kv.set("k", "1", SECOND).unwrap();
    kv.set("k", "2", None).unwrap();
    turned.store(5000, Ordering::SeqCst);
    assert_eq!(kv.get("k").as_deref(), Some("2"), "set again, for good");
}

#[test]
fn a_number_counts_from_nothing_and_lasts_from_its_first_increment() {
    let (store, turned) = store();
    let kv = store.of(&name("a"), QUOTA);
    assert_eq!(kv.increment("n", 2, SECOND), Ok(2));
    turned.store(900, Ordering::SeqCst);
    assert_eq!(kv.increment("n", -5, SECOND), Ok(-3));
    turned.store(1000, Ordering::SeqCst);
    assert_eq!(kv.increment("n", 7, SECOND), Ok(7), "it began anew");
    kv.set("n", "40", None).unwrap();
    assert_eq!(kv.increment("n", 2, SECOND), Ok(42));
    turned.store(9000, Ordering::SeqCst);
    assert_eq!(kv.get("n").as_deref(), Some("42"), "it was set for good");
}

#[test]
fn what_is_no_number_is_left_as_it_is() {
    let kv = Store::default().of(&name("a"), QUOTA);
    kv.set("n", "many", None).unwrap();
    assert!(kv.increment("n", 1, None).unwrap_err().contains("not a whole number"));
    kv.set("m", &i64::MAX.to_string(), None).unwrap();
    assert!(kv.increment("m", 1, None).unwrap_err().contains("64 bits"));
    assert_eq!((kv.get("n"), kv.get("m")), (Some("many".into()), Some(i64::MAX.to_string())));
}

#[test]
fn no_increment_is_lost() {
    let kv = Store::default().of(&name("a"), QUOTA);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    kv.increment("n", 1, None).unwrap();
                }
            });
        }
    });
    assert_eq!(kv.get("n").as_deref(), Some("2000"));
}

#[test]
fn the_quota_counts_keys_values_and_entries() {
    let kv = Store::default().of(&name("a"), 2 * (OVERHEAD + 4));
    kv.set("k1", "v1", None).unwrap();
    let error = kv.set("k2", "v2+", None).unwrap_err();
    assert!(error.contains("limits.kv") && error.contains("68 of 136 are used"), "{error}");
    kv.set("k2", "v2", None).unwrap();
    assert!(kv.increment("k3", 1, None).is_err());
    kv.set("k1", "w1", None).unwrap();
    assert!(kv.set("k1", "w1+", None).is_err());
    assert_eq!(kv.get("k1").as_deref(), Some("w1"), "a refused value replaces nothing");
    kv.delete("k2");
    kv.set("k1", &"x".repeat(OVERHEAD + 6), None).unwrap();
    assert!(kv.set("", "", None).is_err(), "an empty entry takes room too");
}

#[test]
fn what_has_expired_makes_room() {
    let (store, turned) = store();
    let kv = store.of(&name("a"), 100 * (OVERHEAD + 4));
    for at in 0..100 {
        kv.set(&format!("{at:02}"), "vv", SECOND).unwrap();
    }
    assert!(kv.set("more", "", None).is_err());
    turned.store(1000, Ordering::SeqCst);
    kv.set("more", &"x".repeat(99 * (OVERHEAD + 4)), None).unwrap();
    assert_eq!(format!("{kv:?}"), "Kv(1 entries, 6800 of 6800 bytes)");
}

#[test]
fn what_has_expired_goes_by_itself_a_little_with_each_call() {
    let (store, turned) = store();
    let kv = store.of(&name("a"), QUOTA);
    for at in 0..SWEEP * 2 {
        kv.set(&at.to_string(), "", SECOND).unwrap();
    }
    turned.store(1000, Ordering::SeqCst);
    let count = || kv.lock().entries.len();
    assert_eq!((kv.get("x"), count()), (None, SWEEP));
    assert_eq!((kv.get("x"), count()), (None, 0));
    assert_eq!(format!("{kv:?}"), format!("Kv(0 entries, 0 of {QUOTA} bytes)"));
}

#[test]
fn a_smaller_quota_takes_nothing_away_and_lets_nothing_grow() {
    let store = Store::default();
    let kv = store.of(&name("a"), QUOTA);
    kv.set("k", "value", None).unwrap();
    let same = store.of(&name("a"), 10);
    same.set("k", "longer value", None).unwrap();
    same.set("k", "value", None).unwrap();
    same.allow(10);
    assert_eq!(same.get("k").as_deref(), Some("value"));
    assert!(same.set("k", "value+", None).is_err());
    same.set("k", "less", None).unwrap();
    assert_eq!(kv.get("k").as_deref(), Some("less"));
}
