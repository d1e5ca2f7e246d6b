interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still while anything runs, and moves on to the next timer when all wait. In seconds. */
export class Clock {
  now = 0;
  /** A binary heap: the earliest comes first. */
  private readonly timers: Timer[] = [];

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.push({ at: this.now + seconds, wake: resolve });
    });
  }

  /** Moves on until the work has ended. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = work.finally(() => {
      state.isDone = true;
    });
    done.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.isDone) return done;
      const timer = this.pop();
      if (timer === undefined) throw new Error('the work waits for something that this clock does not know');
      this.now = timer.at;
      timer.wake();
    }
  }

  private push(timer: Timer): void {
    const { timers } = this;
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (timers[parent]!.at <= timers[index]!.at) break;
      [timers[parent], timers[index]] = [timers[index]!, timers[parent]!];
      index = parent;
    }
  }

  private pop(): Timer | undefined {
    const { timers } = this;
    const [first] = timers;
    const last = timers.pop();
    if (first === undefined || last === undefined || timers.length === 0) return first;
    timers[0] = last;
    for (let index = 0; ;) {
      const children = [2 * index + 1, 2 * index + 2].filter((child) => child < timers.length);
      const least = children.reduce((best, child) => (timers[child]!.at < timers[best]!.at ? child : best), index);
      if (least === index) return first;
      [timers[least], timers[index]] = [timers[index]!, timers[least]!];
      index = least;
    }
  }
}
