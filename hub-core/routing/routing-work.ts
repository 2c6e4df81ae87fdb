/** What following the catalog has cost so far, in counts: it should grow with what changed, not with what there is. */
export interface RoutingWork {
  tablesBuilt: number;
  rowsWritten: number;
  columnsBuilt: number;
  modelsGathered: number;
  graphsBuilt: number;
}

export function noWork(): RoutingWork {
  return { tablesBuilt: 0, rowsWritten: 0, columnsBuilt: 0, modelsGathered: 0, graphsBuilt: 0 };
}
