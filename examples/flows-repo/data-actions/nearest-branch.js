// Called with all records of the data store `branches`. Each says how many miles it is from the
// postcode districts around it; a district that is not listed is too far away.
function main(context) {
  const { postcode, branches } = context.input;
  const { district } = context.actions["postcode-district"]({ postcode });

  const nearest = (kind) =>
    branches
      .filter((place) => place.kind === kind && place.miles && district in place.miles)
      .sort((a, b) => a.miles[district] - b.miles[district])[0];

  const branch = nearest("branch");
  const van = nearest("van");
  return {
    branch: branch
      ? { name: branch.name, street: branch.street, stepFree: branch.stepFree, miles: branch.miles[district] }
      : null,
    van: van ? { town: van.name, weekday: van.weekday } : null,
  };
}
