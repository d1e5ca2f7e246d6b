/** One line of a graph: namespace, metric and dimensions, as `Dashboard Body Structure and Syntax` of CloudWatch has them. */
export interface Line {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly label: string;
  readonly stat: 'Average' | 'Minimum' | 'Maximum' | 'Sum' | 'p90';
}

export interface Graph {
  readonly title: string;
  readonly lines: readonly Line[];
  /** How long a point stands for. */
  readonly periodSeconds: number;
  /** What the left axis counts. */
  readonly unit: string;
}

/** One part of a dashboard. */
export type Part =
  | { readonly kind: 'graph'; readonly graph: Graph }
  | { readonly kind: 'text'; readonly markdown: string; readonly height: number }
  | { readonly kind: 'alarms'; readonly title: string; readonly alarmArns: readonly string[] };

/** The grid is 24 columns wide; rows have no end. */
const columns = 24;
const heights = { graph: 6, alarms: 4 } as const;

const metricOf = ({ namespace, metric, dimensions, label, stat }: Line) => [
  namespace,
  metric,
  ...Object.entries(dimensions).flat(),
  { label, stat },
];

function propertiesOf(part: Part, region: string): object {
  switch (part.kind) {
    case 'text':
      return { markdown: part.markdown };
    case 'alarms':
      return { title: part.title, alarms: part.alarmArns };
    case 'graph': {
      const { title, lines, periodSeconds, unit } = part.graph;
      return {
        title,
        view: 'timeSeries',
        stacked: false,
        region,
        period: periodSeconds,
        metrics: lines.map(metricOf),
        yAxis: { left: { min: 0, label: unit, showUnits: false } },
      };
    }
  }
}

const types = { graph: 'metric', text: 'text', alarms: 'alarm' } as const;
const heightOf = (part: Part): number => (part.kind === 'text' ? part.height : heights[part.kind]);

/** A dashboard's body: rows below each other, the parts of a row side by side and of the same width. */
export function dashboardBody(rows: readonly (readonly Part[])[], region: string): string {
  let y = 0;
  const widgets = rows.flatMap((row) => {
    const width = columns / row.length;
    const height = Math.max(...row.map(heightOf));
    const top = y;
    y += height;
    return row.map((part, index) => ({
      type: types[part.kind],
      x: index * width,
      y: top,
      width,
      height,
      properties: propertiesOf(part, region),
    }));
  });
  // Two weeks: builds and deployments are days apart.
  return JSON.stringify({ start: '-P14D', widgets });
}
