// What the canvas asks in its place: which node is to come, or where a node is to be connected to.
import type { Flow, Path } from "../model/types";
import { useStudio } from "../state";
import type { Actions } from "./actions";
import { Add, type Where } from "./add";
import { ConnectTo } from "./connect";
import type { Adding, Blocks } from "./wiring";

export type Asked = { kind: "add"; at: Where; where: Adding } | { kind: "connect"; at: Where; from: Path };

interface Props {
  asked: Asked;
  flow: Flow;
  blocks: Blocks;
  act: Actions;
  close: () => void;
  focus: (path: Path) => void;
  note: () => void;
}

export function Asking({ asked, flow, blocks, act, close, focus, note }: Props) {
  const { edges, selected } = useStudio();
  const back = (path: Path | undefined) => {
    close();
    if (path) focus(path);
  };
  if (asked.kind === "connect") {
    const { at, from } = asked;
    return (
      <ConnectTo
        at={at}
        from={from}
        flow={flow}
        edges={edges}
        blocks={blocks}
        close={() => back(from)}
        choose={(to) => {
          act.connect({ path: from }, to);
          back(from);
        }}
      />
    );
  }
  return (
    <Add
      at={asked.at}
      blocks={blocks}
      close={() => back(selected[0])}
      note={asked.where.from ? undefined : () => (close(), note())}
      choose={(kind) => back(act.add(kind, asked.where))}
    />
  );
}
