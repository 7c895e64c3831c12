//! Values in the order in which they came. Each has a number.

use std::collections::VecDeque;

/// A queue. Each number is larger than all before it, and used once.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    values: VecDeque<(u64, T)>,
    last: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue { values: VecDeque::new(), last: 0 }
    }
}

impl<T> Queue<T> {
    /// Returns a number that no value has or will have: 1 or more.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Adds a value at the end. Returns its number.
    pub(crate) fn push(&mut self, value: T) -> u64 {
        let number = self.next_number();
        self.values.push_back((number, value));
        number
    }

    pub(crate) fn contains(&self, number: u64) -> bool {
        self.place(number).is_some()
    }

    /// Removes the value of this number, if it is still there.
    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.place(number)?;
        self.values.remove(place).map(|(_, value)| value)
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.values.front().map(|(_, value)| value)
    }

    /// Removes the first value. Returns it with its number.
    pub(crate) fn pop_first(&mut self) -> Option<(u64, T)> {
        self.values.pop_front()
    }

    /// Removes all values.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.values).into_iter().map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.values.binary_search_by_key(&number, |&(number, _)| number).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_their_order_without_those_that_were_taken_out() {
        let mut queue = Queue::default();
        let [one, two, three] = ["one", "two", "three"].map(|value| queue.push(value));

        assert_eq!(queue.remove(two), Some("two"));
        assert_eq!(queue.remove(two), None);
        assert!(queue.contains(three) && !queue.contains(two));
        assert_eq!(queue.first(), Some(&"one"));
        assert_eq!(queue.pop_first(), Some((one, "one")));
        assert_eq!(queue.take_all().collect::<Vec<_>>(), ["three"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn no_number_comes_again() {
        let mut queue = Queue::default();

        let first = queue.push(());
        queue.take_all().for_each(drop);
        let second = queue.next_number();

        assert!(first > 0 && second > first && queue.push(()) > second);
    }
}
