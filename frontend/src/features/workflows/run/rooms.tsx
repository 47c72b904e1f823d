// Which pass of the frames around a node is looked at.
import { useTranslation } from "react-i18next";
import type { Path } from "../model/types";
import { useBench } from "./bench";
import { choicesOf } from "./scope";

export function RoomChoice({ path }: { path: Path }) {
  const { t } = useTranslation();
  const { data, roomsAt, enter } = useBench();
  const rooms = roomsAt(path);
  const choices = choicesOf(data, path, rooms).filter(({ all }) => all.length > 1);
  if (!choices.length) return null;
  return (
    <div className="flex flex-wrap gap-3">
      {choices.map(({ frame, all }) => (
        <label key={frame.path} className="flex items-center gap-2 text-sm">
          {t("studio.pass", { frame: frame.id })}
          <select className="min-h-7 rounded-md border bg-panel px-1" value={rooms[frame.path.split(".").length - 1]} onChange={(event) => enter(frame.path, Number(event.target.value))}>
            {all.map((room) => <option key={room} value={room}>{`${room + 1} / ${all.length}`}</option>)}
          </select>
        </label>
      ))}
    </div>
  );
}
