/** A project of the story's company, and what `usage-etl map` would say of it. */
export interface StoryProject {
  readonly name: string;
  readonly team: string;
  readonly costCenter: string;
  readonly environment: string;
  /** Its service account; null where people work in it by themselves. */
  readonly service: string | null;
  /** The people with a key of their own in it, by name. */
  readonly people: readonly string[];
}

export const companyName = 'Northwind Outfitters';

/** Projects by a short name that workloads refer to. */
export const storyProjects = {
  support: {
    name: 'Support assistant',
    team: 'Customer experience',
    costCenter: 'CC-410',
    environment: 'production',
    service: 'support-assistant',
    people: ['Priya Raman', 'Tom Okafor', 'Lena Fischer'],
  },
  studio: {
    name: 'Campaign studio',
    team: 'Customer experience',
    costCenter: 'CC-420',
    environment: 'production',
    service: 'campaign-renderer',
    people: ['Sofia Marques', 'Jonas Berg', 'Amara Diallo'],
  },
  search: {
    name: 'Product search',
    team: 'Product',
    costCenter: 'CC-210',
    environment: 'production',
    service: 'search-indexer',
    people: ['Mei Tanaka', 'Oscar Lindqvist'],
  },
  mobile: {
    name: 'Mobile app',
    team: 'Product',
    costCenter: 'CC-220',
    environment: 'production',
    service: 'mobile-backend',
    people: ['Hana Novak', 'Diego Alvarez', 'Ruth Mbeki'],
  },
  documents: {
    name: 'Document intake',
    team: 'Data',
    costCenter: 'CC-310',
    environment: 'production',
    service: 'invoice-reader',
    people: ['Marta Kowalska', 'Ivan Petrov'],
  },
  analytics: {
    name: 'Analytics notebooks',
    team: 'Data',
    costCenter: 'CC-320',
    environment: 'research',
    service: null,
    people: ['Noor Haddad', 'Ben Whitfield', 'Chiara Romano', 'Ken Watanabe'],
  },
  developers: {
    name: 'Developer tools',
    team: 'Platform',
    costCenter: 'CC-110',
    environment: 'internal',
    service: 'code-review-bot',
    people: [
      'Ana Torres',
      'David Cohen',
      'Elif Yilmaz',
      'Felix Brandt',
      'Grace Liu',
      'Henrik Olsen',
      'Isabel Santos',
      'Kofi Mensah',
    ],
  },
} as const satisfies Readonly<Record<string, StoryProject>>;

export type ProjectKey = keyof typeof storyProjects;
