//! Work that leaves the processor to the boxes.

use rustix::process::setpriority_process;

/// How nice: a tenth of the weight of what else runs, and all of a processor that nobody else wants.
const NICENESS: i32 = 10;

/// Lets the calling thread, and those that it starts, give way to others. What is waited for is not made with it.
pub fn give_way() {
    // On Linux a priority is a thread's, and none stands for the caller (setpriority(2), "C library/kernel differences"). A thread
    // that keeps its priority does the same work.
    let _kept = setpriority_process(None, NICENESS);
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_thread_that_asked_and_those_it_starts_give_way() {
        let nice = || getpriority_process(None).unwrap();
        let before = nice();
        let (asked, started) = std::thread::spawn(move || {
            give_way();
            (nice(), std::thread::spawn(nice).join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!((asked, started, nice()), (NICENESS, NICENESS, before));
    }
}
