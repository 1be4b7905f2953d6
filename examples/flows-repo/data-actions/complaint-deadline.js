// The regulator gives us eight weeks. When their last day is free, the working day before it counts.
const DAY = 24 * 60 * 60 * 1000;
const WEEKS = 8;

function main(context) {
  const { received, today, holidays } = context.input;
  const last = Date.parse(received) + WEEKS * 7 * DAY;

  // The last working day is the one that a day not after the last one leads to.
  let answerBy;
  for (let before = 1; !answerBy; before++) {
    const { day } = context.actions["next-working-day"]({ after: text(last - before * DAY), holidays });
    if (Date.parse(day) <= last) {
      answerBy = day;
    }
  }
  return {
    answerBy,
    weeksOpen: Math.floor((Date.parse(today) - Date.parse(received)) / (7 * DAY)),
    overdue: today > answerBy,
  };
}

function text(time) {
  return new Date(time).toISOString().slice(0, 10);
}
